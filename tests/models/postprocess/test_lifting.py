"""Labels of pixels and of their gaussians."""

import pytest
import torch

from uniseg3d.models.postprocess.lifting import lift_labels
from uniseg3d.structures.gaussian_scene import GaussianScene
from uniseg3d.structures.gaussians import Gaussians
from uniseg3d.structures.video_segments import VideoSegments
from uniseg3d.utils.errors import DataError

VIEWS, HEIGHT, WIDTH = 2, 2, 3
PIXELS = VIEWS * HEIGHT * WIDTH


def gaussians():
    return Gaussians(
        torch.zeros(PIXELS, 3), torch.ones(PIXELS, 3), torch.ones(PIXELS, 4), torch.ones(PIXELS), torch.zeros(PIXELS, 3, 1)
    )


def segments(queries=2):
    maps = torch.arange(PIXELS).view(VIEWS, HEIGHT, WIDTH) % (queries + 1)
    ids = torch.arange(1, queries + 1)
    masks = torch.rand(queries, VIEWS, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(0))
    return VideoSegments(maps, ids, ids + 2, ids.float(), ids - 1, masks, torch.full((queries, 5), 0.2))


def test_gaussians_have_the_labels_and_masks_of_their_pixels():
    found = segments()
    lifted = lift_labels(gaussians(), found)
    assert lifted.instance.tolist() == [0, 1, 2] * 4 and lifted.semantic.tolist() == [0, 4, 5] * 4  # class c has label c + 1
    assert torch.equal(lifted.masks.T.view(2, VIEWS, HEIGHT, WIDTH), found.masks) and lifted.mask_classes.shape == (2, 5)


def test_what_it_was_stays_without_labels():
    plain = gaussians()
    lift_labels(plain, segments())
    assert plain.semantic is None and plain.masks is None


@pytest.mark.parametrize('void', [0, -1])
def test_nothing_found_is_said_by_one_query(void):
    nothing = segments(0)
    nothing.maps = torch.full_like(nothing.maps, void)
    lifted = lift_labels(gaussians(), nothing)
    assert (lifted.semantic == 0).all() and (lifted.instance == 0).all()
    assert lifted.masks.shape == (PIXELS, 1) and lifted.mask_classes.tolist() == [[0, 0, 0, 0, 1]]


def test_queries_of_one_segment_share_its_class():
    found = segments()
    found.ids = torch.tensor([1, 1])
    found.maps = found.maps.clamp(max=1)
    found.labels = torch.tensor([3, 3])
    assert set(found.semantic_maps().flatten().tolist()) == {-1, 3}


def test_lengths_are_checked():
    found = segments()
    with pytest.raises(DataError, match=r'VideoSegments\.scores: expected shape \(2\)'):
        VideoSegments(found.maps, found.ids, found.labels, torch.zeros(3), found.queries, found.masks, found.classes)
    with pytest.raises(DataError, match=r'GaussianScene\.intrinsics'):
        GaussianScene('s', gaussians(), found, torch.zeros(3, 3, 3), [0, 1])
    with pytest.raises(DataError, match=r'GaussianScene\.texts'):
        GaussianScene('s', gaussians(), found, torch.zeros(2, 3, 3), [0, 1], torch.zeros(1, 2, 9, 9, dtype=torch.bool))
