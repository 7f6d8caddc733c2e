import colorsys

import numpy as np
import pytest
import torch
from view_files import CAMERA, pose_at

from uniseg3d.datasets.views.reader import PosedView
from uniseg3d.geometry.depth import depth_to_pointmap
from uniseg3d.geometry.view_crop import ViewImage
from uniseg3d.transforms.views import CropViews, JitterViews, MirrorViews, PackViews, _turn_hue


def sample(views: int = 3, seed: int = 0) -> dict:
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (24, 32, 3), dtype=np.uint8)
    posed = [
        PosedView(str(i), ViewImage(image.copy(), CAMERA.copy(), {'depth': np.full((24, 32), 2, np.float32)}), pose_at(i))
        for i in range(views)
    ]
    return {'scene_id': 's', 'views': posed, 'is_metric': False, 'resolution': (16, 16), 'rng': np.random.default_rng(seed)}


def focal_lengths(done: dict) -> list[float]:
    return [posed.view.intrinsics[0, 0] for posed in done['views']]


def test_views_are_cut_to_the_resolution_and_drawn_sizes_change_the_focal_length():
    plain = CropViews()(sample())
    assert all(posed.view.image.shape == (16, 16, 3) == (*posed.view.maps['depth'].shape, 3) for posed in plain['views'])
    assert len(set(focal_lengths(plain))) == 1
    assert len(set(focal_lengths(CropViews(extra=8)(sample(6))))) > 1
    assert len(set(focal_lengths(CropViews(extra=8, same_for_all=True)(sample(6))))) == 1


def test_all_views_get_the_same_colours():
    before = sample()['views'][0].view.image
    after = [posed.view.image for posed in JitterViews()(sample())['views']]
    assert all(np.array_equal(after[0], image) for image in after[1:])
    assert not np.array_equal(before, after[0]) and after[0].dtype == np.uint8


def test_no_range_is_no_change():
    still = JitterViews(0, 0, 0, 0)(sample())['views'][0].view.image
    assert np.abs(still.astype(int) - sample()['views'][0].view.image).max() <= 1


@pytest.mark.parametrize('turn', [0.0, 0.07, -0.31, 0.9])
def test_hues_turn_on_their_circle(turn: float):
    colors = np.random.default_rng(1).uniform(0, 255, (3, 4, 3)).astype(np.float32)
    colors[0, 0] = 80  # gray has no hue
    for before, after in zip(colors.reshape(-1, 3), _turn_hue(colors, turn).reshape(-1, 3), strict=True):
        hue, saturation, value = colorsys.rgb_to_hsv(*(before / 255))
        assert np.allclose(after, np.array(colorsys.hsv_to_rgb((hue + turn) % 1, saturation, value)) * 255, atol=0.02)


def test_a_mirror_shows_the_same_world_with_its_sides_exchanged():
    """Points of mirrored views are mirrored points: pixels, camera matrix and pose agree."""

    def points(made: dict) -> torch.Tensor:
        batch = PackViews()(made)
        return depth_to_pointmap(batch.depth, batch.intrinsics, batch.camera_to_world)[0]

    plain, mirrored = sample(), MirrorViews(1.0)(sample())
    assert np.array_equal(mirrored['views'][1].view.image, plain['views'][1].view.image[:, ::-1])
    expected = points(plain).flip(2) * torch.tensor([-1.0, 1, 1])
    assert torch.allclose(points(mirrored), expected, atol=1e-4)
    assert np.array_equal(MirrorViews(0.0)(sample())['views'][0].view.image, plain['views'][0].view.image)


def test_a_packed_sequence_holds_all_that_was_known():
    batch = PackViews()(sample())
    assert batch.images.shape == (1, 3, 3, 24, 32) and batch.images.abs().max() <= 1
    assert batch.names == [['0', '1', '2']] and not batch.is_metric.any() and batch.scene_ids == ['s']
    assert torch.allclose(batch.camera_to_world[0, 2], torch.from_numpy(pose_at(2)).float())
    assert torch.equal(batch.depth, torch.full((1, 3, 24, 32), 2.0)) and batch.intrinsics.dtype == torch.float32
