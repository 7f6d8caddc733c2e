import cv2
import numpy as np
import pytest
import torch
from view_files import CAMERA, pose_at

from uniseg3d.datasets.views.reader import PosedView
from uniseg3d.geometry.image_resize import resize_cubic
from uniseg3d.geometry.view_crop import ViewImage
from uniseg3d.transforms import CropViews, FitViews, PackViews
from uniseg3d.utils.errors import DataError


def columns(height: int, width: int) -> np.ndarray:
    """A map that says in which column of the photo it is, from 1 on."""
    return np.tile(np.arange(1, width + 1, dtype=np.float32), (height, 1))


def sample(height: int, width: int, sizes: int = 1) -> dict:
    views = [
        PosedView(
            str(i),
            ViewImage(
                np.repeat(columns(height, width + i)[..., None], 3, 2).astype(np.uint8),
                CAMERA.copy(),
                {'depth': columns(height, width + i)},
            ),
            pose_at(i),
        )
        for i in range(sizes)
    ]
    return {'scene_id': 's', 'views': views, 'is_metric': True, 'resolution': (64, 48), 'rng': np.random.default_rng(0)}


@pytest.mark.parametrize('crop', [True, False])
@pytest.mark.parametrize('size', [(50, 100), (100, 50), (48, 64), (31, 43)])
def test_image_map_and_camera_go_the_same_way(crop: bool, size: tuple[int, int]) -> None:
    done = FitViews(crop)(sample(*size))
    view = done['views'][0].view
    assert all(side % 16 == 0 for side in view.image.shape[:2]) and max(view.image.shape) == 64
    scale = view.intrinsics[0, 0] / CAMERA[0, 0]
    column = (np.arange(view.image.shape[1]) - view.intrinsics[0, 2]) / scale + CAMERA[0, 2] + 1  # of the photo, from 1 on
    middle = view.image.shape[0] // 2
    assert np.abs(view.maps['depth'][middle] - column).max() <= 0.51
    assert np.abs(view.image[middle, 2:-2, 0] - column[2:-2]).max() <= 1.5


def test_the_truth_keeps_its_size_where_nothing_is_cut_off() -> None:
    packed = PackViews()(FitViews(crop=False)(sample(50, 100)))
    assert packed.full_depth.shape == (1, 1, 50, 100) and packed.depth.shape[2:] == packed.size
    assert PackViews()(FitViews()(sample(50, 100))).full_depth is None


def test_square_photos_and_other_patches() -> None:
    assert FitViews()(sample(40, 40))['views'][0].view.image.shape[:2] == (48, 64)
    assert FitViews(square_ok=True)(sample(40, 40))['views'][0].view.image.shape[:2] == (64, 64)
    assert FitViews(patch=8)(sample(50, 80))['views'][0].view.image.shape[:2] == (40, 64)


def test_frames_of_several_sizes_and_unknown_cameras_are_refused_where_they_matter() -> None:
    with pytest.raises(DataError, match='frames of 2 sizes'):
        FitViews()(sample(50, 100, sizes=2))
    unknown = sample(50, 100)
    unknown['views'][0].view.intrinsics[:] = np.nan
    assert PackViews()(FitViews()(unknown)).intrinsics is None
    unknown['views'][0].view.intrinsics[:] = np.nan
    with pytest.raises(DataError, match='use FitViews'):
        CropViews()(unknown)


def test_maps_are_resized_as_opencv_does_it() -> None:
    maps = torch.rand(2, 12, 16, generator=torch.Generator().manual_seed(0))
    assert resize_cubic(maps, 12, 16) is maps
    for height, width in ((30, 50), (7, 11)):
        expected = np.stack([cv2.resize(values, (width, height), interpolation=cv2.INTER_CUBIC) for values in maps.numpy()])
        assert np.allclose(resize_cubic(maps, height, width), expected, atol=1e-5)
