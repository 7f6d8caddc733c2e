import pytest
import torch
from gaussian_scenes import SIZE, camera, labelled, scene

from uniseg3d.models.postprocess.rendered_views import label_masks, render_views
from uniseg3d.ops.rasterize import Cameras

LEFT, RIGHT = (0, 12, 4), (0, 12, 20)


def test_colours_and_depths() -> None:
    drawn = render_views(labelled(), camera())
    assert drawn.color[0, 0, 12, 4] > 0.9 and drawn.color[0, 0, 12, 20] < 0.3
    assert drawn.depth[LEFT] == pytest.approx(2, abs=0.02) and drawn.depth[RIGHT] == pytest.approx(3, abs=0.02)
    assert drawn.blended_depth[LEFT] <= drawn.depth[LEFT]
    assert drawn.color.min() >= 0 and drawn.color.max() <= 1


def test_nothing_is_no_depth() -> None:
    behind = Cameras(torch.diag(torch.tensor([-1.0, 1, -1, 1]))[None], camera().intrinsics, (SIZE, SIZE))
    drawn = render_views(labelled(), behind)
    assert not drawn.depth.any() and (drawn.labels.semantic == -1).all() and len(drawn.labels.ids) == 0


def test_labels_of_gaussians_alone() -> None:
    labels = render_views(labelled(), camera()).labels
    assert labels.semantic[LEFT] == 1 and labels.semantic[RIGHT] == 2  # label 2 is class 1, which is stuff
    assert labels.instance[LEFT] == 102 and 0 < labels.instance[RIGHT] < 100


def test_masks_of_queries_come_before_labels() -> None:
    gaussians = labelled()
    masks = torch.stack([gaussians.semantic == 3, gaussians.semantic == 2], 1).float()
    classes = torch.tensor([[0, 0, 0, 0.9, 0.1], [0, 0, 0.8, 0, 0.2]])
    labels = render_views(labelled(masks=masks, mask_classes=classes), camera(), torch.tensor([0.9, 0.8])).labels
    assert labels.semantic[LEFT] == 2 and labels.semantic[RIGHT] == 3
    assert labels.ids.tolist() == [1, 2] and labels.scores.tolist() == pytest.approx([0.9, 0.8])


def test_gaussians_without_labels_have_none() -> None:
    assert render_views(scene()[0], camera()).labels is None
    assert label_masks(labelled(semantic=torch.zeros(len(labelled()), dtype=torch.long))) == (None, None)
    assert label_masks(scene(masks=torch.zeros(len(scene()[0]), 0), mask_classes=torch.zeros(0, 5))[0]) == (None, None)


def test_features_come_beside_labels() -> None:
    gaussians = labelled()
    feature = (gaussians.semantic == 3).float()[:, None]
    drawn = render_views(gaussians, camera(), features=feature)
    assert drawn.features.shape == (1, 1, SIZE, SIZE)
    assert drawn.features[0, 0, 12, 20] > 0.9 and drawn.features[0, 0, 12, 4] == 0


def edge(color: torch.Tensor) -> int:
    """Column where the bright wall ends."""
    return int((color[0, 0, 12] > 0.6).nonzero()[-1]) + 1


def test_the_original_ignores_the_principal_point_for_colours_only() -> None:
    for shift, place in ((0.0, 12), (6.0, 18)):
        moved = render_views(labelled(), camera((SIZE - 1) / 2 + shift))
        assert edge(moved.color) == pytest.approx(place, abs=1)
        original = render_views(labelled(), camera((SIZE - 1) / 2 + shift), as_original=True)
        assert edge(original.color) == pytest.approx(12, abs=1)
        assert torch.equal(original.labels.semantic, moved.labels.semantic)
