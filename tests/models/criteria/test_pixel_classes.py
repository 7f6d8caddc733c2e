"""Classes of single pixels, and stuff in one piece."""

import torch

from uniseg3d.models.criteria.pixel_classes import pixel_class_loss, stuff_joined
from uniseg3d.models.criteria.view_truth import view_truths
from uniseg3d.structures.view_batch import ViewBatch


def batch() -> ViewBatch:
    """Left half chairs 1 and 2, right half walls 3 and 4; one pixel is nothing."""
    instance = torch.tensor([[1, 1, 3, 3], [2, 0, 4, 4]]).expand(2, 1, 2, 4).clone()
    semantic = torch.tensor([[1, 1, 0, 0], [1, -1, 0, 0]]).expand(2, 1, 2, 4).clone()
    names = ['wall', 'chair']
    made = ViewBatch(['a', 'b'], torch.zeros(2, 1, 3, 2, 4), [['0']] * 2, classes=[names, names[::-1]])
    made.instance, made.semantic = instance, semantic
    return made


def test_stuff_is_one_instance():
    given = batch()
    joined = stuff_joined(given, ('wall',))
    assert [len(truth) for truth in view_truths(joined, ['wall', 'chair'])] == [3, 3]
    assert joined.instance[0, 0, :, 2:].unique().numel() == 1 and joined.instance[0, 0, 1, 1] == 0
    assert joined.instance[1, 0, 0, 0] == joined.instance[1, 0, 1, 0], 'the second sequence counts its classes otherwise'
    assert given.instance.unique().tolist() == [0, 1, 2, 3, 4], 'the batch of the caller stays'
    assert stuff_joined(given, ()) is given


def test_right_classes_cost_nothing_and_unknown_pixels_are_left_out():
    truths = view_truths(batch(), ['wall', 'chair'])
    right = torch.full((2, 1, 2, 2, 4), -20.0)
    right[0, 0, 1, :, :2], right[0, 0, 0, :, 2:] = 20, 20
    right[1, 0, 0, :, :2], right[1, 0, 1, :, 2:] = 20, 20
    assert pixel_class_loss(list(right), truths) < 1e-6
    wrong = right.clone()
    wrong[:, :, :, 1, 1] = wrong[:, :, :, 1, 1].flip(2)
    assert pixel_class_loss(list(wrong), truths) < 1e-6
    assert pixel_class_loss(list(right.flip(2)), truths) > 30


def test_cells_may_be_coarser_than_pixels_and_nothing_known_is_normal():
    truths = view_truths(batch(), ['wall', 'chair'])
    logits = torch.zeros(2, 1, 2, 1, 2, requires_grad=True)
    torch.testing.assert_close(pixel_class_loss(list(logits), truths), torch.tensor(2.0).log())
    empty = batch()
    empty.instance[:] = 0
    loss = pixel_class_loss(list(logits), view_truths(empty, ['wall', 'chair']))
    loss.backward()
    assert loss == 0 and logits.grad.abs().max() == 0
