"""Labels of rendered views."""

import torch

from uniseg3d.models.postprocess.rendered_labels import STUFF_ID, label_pixels, render_labels


def rendered(*rows):
    """Masks [1, Q, 1, W] of queries."""
    return torch.tensor(rows)[None, :, None]


CLASSES = torch.tensor([[0.9, 0.0, 0.05, 0.05], [0.0, 0.1, 0.8, 0.1], [0.0, 0.0, 0.1, 0.9]])


def test_masks_times_classes_equal_the_whole_table():
    torch.manual_seed(0)
    masks, classes, scores = torch.rand(2, 5, 6, 7), torch.rand(5, 4).softmax(1), torch.rand(5)
    table = torch.einsum('vqhw,qc->vqchw', masks, classes).max(1)
    expected = label_pixels(table.values, table.indices, scores, (0,), 0.1)
    found = render_labels(masks, classes, scores, (0,), 0.1)
    for name in ('semantic', 'instance', 'ids', 'labels', 'scores'):
        assert torch.equal(getattr(found, name), getattr(expected, name)), name


def test_pixels_stuff_things_and_what_nobody_is_sure_of():
    masks = rendered([1.0, 0.0, 0.2, 0.0], [0.1, 1.0, 0.1, 0.0], [0.0, 0.0, 0.1, 1.0])
    found = render_labels(masks, CLASSES, torch.tensor([0.9, 0.8, 0.7]), stuff=(0,))
    assert found.semantic.flatten().tolist() == [0, 2, -1, -1]  # the last query means no object
    assert found.instance.flatten().tolist() == [STUFF_ID + 1, 2, 0, 0]
    assert found.ids.tolist() == [STUFF_ID + 1, 2] and found.labels.tolist() == [0, 2]
    torch.testing.assert_close(found.scores, torch.tensor([0.9, 0.8]))


def test_no_query_leaves_everything_unknown():
    found = render_labels(torch.zeros(2, 1, 3, 3), torch.tensor([[0.0, 0.0, 1.0]]), torch.zeros(1))
    assert (found.semantic == -1).all() and (found.instance == 0).all() and len(found.ids) == 0
