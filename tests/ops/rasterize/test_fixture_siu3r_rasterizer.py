"""Both renderers of SIU3R against an independent computation in float64."""

from functools import cache

import numpy as np
import pytest
import torch
from fixture_paths import fixture_folder
from torch import Tensor

from uniseg3d.geometry.cameras import denormalize_intrinsics
from uniseg3d.geometry.quaternion import real_first
from uniseg3d.ops.rasterize import STANDARD, SYMMETRIC, Cameras, Rendering, Rules, rasterize
from uniseg3d.ops.rasterize.footprints import find_footprints, symmetric_intrinsics

pytestmark = pytest.mark.full_set
ENLARGED = 10  # the references were rendered at ten times the scale of the scene
TOLERANCE = 1e-5
FLIPS = 2e-3  # share of the pixels


@cache
def archive() -> dict[str, np.ndarray]:
    with np.load(fixture_folder('siu3r') / 'rasterizer.npz') as file:
        return {key: file[key] for key in file.files}


def values(key: str, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.from_numpy(archive()[key]).to(dtype)


def views() -> range:
    return range(len(archive()['in/c2w']))


def cameras(view: int, near: float, far: float = float('inf'), dtype: torch.dtype = torch.float64) -> Cameras:
    height, width = map(int, archive()['in/image_hw'])
    pose = values('in/c2w', dtype)[view : view + 1].clone()
    pose[:, :3, 3] *= ENLARGED
    intrinsics = denormalize_intrinsics(values('in/K_normalised', dtype)[view : view + 1], height, width)
    return Cameras(pose, intrinsics, (height, width), near, far)


def scene(dtype: torch.dtype = torch.float64) -> list[Tensor]:
    parts = ENLARGED * values('in/means', dtype), ENLARGED**2 * values('in/covariances', dtype), values('in/opacities', dtype)
    return [part.requires_grad_() for part in (*parts, values('in/harmonics', dtype))]


def colored(view: int, parts: list[Tensor], background: Tensor | None = None) -> Rendering:
    seen = cameras(view, 0.2, dtype=parts[0].dtype)
    return rasterize(*parts[:3], seen, parts[3], background=background, rules=SYMMETRIC)


def assert_close(result: Tensor, expected: Tensor, tolerance: float = TOLERANCE) -> None:
    assert result.shape == expected.shape
    assert float((result - expected).detach().abs().max() / expected.abs().max()) <= tolerance


def assert_images_close(result: Tensor, expected: Tensor, tolerance: float = TOLERANCE) -> None:
    """But for single pixels, where a gaussian is within rounding of being too faint to count."""
    assert result.shape == expected.shape
    error = (result - expected).detach().abs() / expected.abs().max()
    assert float((error > tolerance).double().mean()) <= FLIPS and float(error.max()) < 0.05


@pytest.mark.parametrize(('dtype', 'tolerance'), [(torch.float64, TOLERANCE), (torch.float32, 1e-4)])
def test_color_depth_and_cover(dtype: torch.dtype, tolerance: float) -> None:
    for view in views():
        result = colored(view, scene(dtype))
        for name, image in (('image', result.color), ('depth_x10', result.depth), ('alpha', result.alpha)):
            assert_images_close(image[0].double(), values(f'color/view{view}/{name}'), tolerance)


def test_background() -> None:
    for view in views():
        if f'color/view{view}_bg/image' in archive():
            result = colored(view, scene(), values(f'color/view{view}_bg/background'))
            assert_images_close(result.color[0], values(f'color/view{view}_bg/image'))
            assert_images_close(result.depth[0], values(f'color/view{view}_bg/depth_x10'))


def test_gradients_of_color_and_depth() -> None:
    for view in views():
        parts, name = scene(), f'color/view{view}/'
        result = colored(view, parts)
        loss = (result.color[0] * values(name + 'grad_weight_image')).sum()
        (loss + (result.depth[0] * values(name + 'grad_weight_depth')).sum()).backward()
        for part, key in zip(parts, ('means_scaled', 'covariances_scaled', 'opacities', 'harmonics'), strict=True):
            expected = values(f'{name}grad_{key}')
            symmetric = key.startswith('cov')
            assert_close(
                part.grad + part.grad.mT if symmetric else part.grad, expected + expected.mT if symmetric else expected
            )


def footprints(view: int, rules: Rules, near: float, far: float):
    seen = cameras(view, near, far)
    intrinsics = seen.intrinsics[0]
    if not rules.keeps_principal_point:
        intrinsics = symmetric_intrinsics(intrinsics, seen.size)
    pose = torch.linalg.inv(seen.camera_to_world[0])
    return find_footprints(*(part.detach() for part in scene()[:3]), pose, intrinsics, seen.size, near, far, rules)


def test_footprints_of_colored_gaussians() -> None:
    for view in views():
        found, name = footprints(view, SYMMETRIC, 0.2, float('inf')), f'color/view{view}/'
        assert_close(found.pixel, values(name + 'pixel_uv')[found.index])
        assert_close(found.conic, values(name + 'conic')[found.index])
        radius = values(name + 'radius', torch.long)
        assert torch.equal(found.radius[:, 0], radius[found.index])
        assert len(found) and not set(found.index.tolist()) - set(radius.nonzero()[:, 0].tolist())


def test_angles_of_view_with_the_principal_point_in_the_middle() -> None:
    height, width = map(int, archive()['in/image_hw'])
    for view in views():
        camera = symmetric_intrinsics(cameras(view, 0.2).intrinsics[0], (height, width))
        tangents = torch.stack([width / (2 * camera[0, 0]), height / (2 * camera[1, 1])])
        assert_close(tangents, values('cam/tan_half_fov_xy')[view])


@pytest.mark.parametrize(('dtype', 'tolerance'), [(torch.float64, TOLERANCE), (torch.float32, 1e-4)])
def test_features_keep_the_principal_point(dtype: torch.dtype, tolerance: float) -> None:
    for view in views():
        seen = cameras(view, 1, 1000, dtype)
        result = rasterize(*scene(dtype)[:3], seen, features=values('in/features', dtype), rules=STANDARD)
        assert_images_close(result.features[0].movedim(0, -1).double(), values(f'features/view{view}/image_hwc'), tolerance)
        assert_images_close(result.alpha[0].double(), values(f'features/view{view}/alpha'), tolerance)


def test_footprints_of_features() -> None:
    for view in views():
        found, name = footprints(view, STANDARD, 1, 1000), f'features/view{view}/'
        assert_close(found.pixel + 0.5, values(name + 'pixel_uv')[found.index])
        radii = values(name + 'radii_xy', torch.long)
        assert torch.equal(found.radius, radii[found.index])
        assert len(found) and not set(found.index.tolist()) - set(radii.all(1).nonzero()[:, 0].tolist())


def test_covariances_of_scales_and_rotations() -> None:
    from gaussian_scenes import covariances

    result = covariances(values('in/scales'), real_first(values('in/rotations_xyzw')))
    assert_close(result, values('in/covariances'))
