"""Images of 3D gaussians: colour, depth, cover and any further channels, differentiable, on any device."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from uniseg3d.ops.rasterize import blending, cpu_kernel, gsplat_backend
from uniseg3d.ops.rasterize.footprints import Footprints, find_footprints, symmetric_intrinsics
from uniseg3d.ops.rasterize.harmonics import seen_colors
from uniseg3d.ops.rasterize.rules import STANDARD, Rules
from uniseg3d.utils.errors import ConfigError, DataError

Blend = Callable[[Footprints, Tensor, Rules], Tensor]
BACKENDS = ('auto', 'torch', 'cpu', 'gsplat')


@dataclass(frozen=True, eq=False)
class Rendering:
    """V images of H x W pixels."""

    color: Tensor | None  # [V, 3, H, W], 0 is black and 1 white; not bounded above
    depth: Tensor  # [V, H, W] mixture of depths along z in the shares of colour: divide by ``alpha`` for metres
    alpha: Tensor  # [V, H, W] how much of the background is hidden
    features: Tensor | None  # [V, F, H, W]


@dataclass(frozen=True, eq=False)
class Cameras:
    """V pinhole cameras for images of one size."""

    camera_to_world: Tensor  # [V, 4, 4] OpenCV
    intrinsics: Tensor  # [V, 3, 3] in pixels, whole numbers are pixel centres
    size: tuple[int, int]  # height, width
    near: float = 0.02  # metres; nothing nearer is seen
    far: float = float('inf')


def rasterize(
    means: Tensor,
    covariances: Tensor,
    opacities: Tensor,
    cameras: Cameras,
    harmonics: Tensor | None = None,
    features: Tensor | None = None,
    background: Tensor | None = None,
    rules: Rules = STANDARD,
    backend: str = 'auto',
) -> Rendering:
    """Render gaussians with ``means`` [G, 3], ``covariances`` [G, 3, 3] and ``opacities`` [G] in 0..1.

    Args:
        harmonics: [G, 3, K] colours; bands above the third are left out. Without them there is no colour.
        features: [G, F] further channels, mixed as colours are.
        background: [3] colour where nothing is; black without it.
        rules: where renderers differ.
        backend: ``torch``; ``cpu``, a C kernel; ``gsplat`` on CUDA, which knows the standard rules only; ``auto`` takes the
            fastest that can be used.
    """
    dtype = torch.promote_types(means.dtype, torch.float32)
    means, covariances, opacities = (value.to(dtype) for value in (means, covariances, opacities))
    _check(means, covariances, opacities, cameras, harmonics, features)
    world_to_camera, intrinsics = _camera_matrices(cameras, means, rules)
    with torch.autocast(means.device.type, enabled=False):
        depth = (means @ world_to_camera[:, 2, :3, None] + world_to_camera[:, 2, 3, None, None]).squeeze(-1)  # [V, G]
        channels = [depth[..., None], torch.ones_like(depth[..., None])]
        if harmonics is not None:
            channels.append(seen_colors(means, harmonics.to(dtype), cameras.camera_to_world[:, :3, 3].to(means)))
        if features is not None:
            channels.append(features.to(dtype).expand(len(depth), -1, -1))
        arguments = (means, covariances, opacities, torch.cat(channels, -1), world_to_camera, intrinsics)
        draw = _chosen(backend, means, rules)
        mixed = draw(*arguments, cameras.size, cameras.near, cameras.far, rules)  # [V, H, W, C]
    return _rendering(mixed.movedim(-1, 1), harmonics is not None, features is not None, background)


def _rendering(mixed: Tensor, colored: bool, featured: bool, background: Tensor | None) -> Rendering:
    depth, alpha, rest = mixed[:, 0], mixed[:, 1], mixed[:, 2:]
    color = rest[:, :3] if colored else None
    if color is not None and background is not None:
        color = color + (1 - alpha[:, None]) * background.to(color)[:, None, None]
    return Rendering(color, depth, alpha, rest[:, 3 * colored :] if featured else None)


def _draw(
    blend: Blend,
    means: Tensor,
    covariances: Tensor,
    opacities: Tensor,
    channels: Tensor,
    world_to_camera: Tensor,
    intrinsics: Tensor,
    size: tuple[int, int],
    near: float,
    far: float,
    rules: Rules,
) -> Tensor:
    """Channels [V, G, C] as images [V, H, W, C]."""
    images = []
    for pose, camera, values in zip(world_to_camera, intrinsics, channels, strict=True):
        footprints = find_footprints(means, covariances, opacities, pose, camera, size, near, far, rules)
        images.append(blend(footprints, values[footprints.index], rules))
    return torch.stack(images)


def _camera_matrices(cameras: Cameras, means: Tensor, rules: Rules) -> tuple[Tensor, Tensor]:
    """World to camera [V, 4, 4] and intrinsics [V, 3, 3]."""
    intrinsics = cameras.intrinsics.to(means)
    if not rules.keeps_principal_point:
        intrinsics = symmetric_intrinsics(intrinsics, cameras.size)
    return torch.linalg.inv(cameras.camera_to_world.to(means)), intrinsics


def _chosen(backend: str, means: Tensor, rules: Rules) -> Callable[..., Tensor]:
    """What draws."""
    ways: dict[str, tuple[str | None, Callable[..., Tensor]]] = {
        'gsplat': (gsplat_backend.refuses(means, rules), gsplat_backend.draw),
        'cpu': (cpu_kernel.refuses(means), partial(_draw, cpu_kernel.blend)),
        'torch': (None, partial(_draw, blending.blend)),
    }
    if backend == 'auto':
        return next(draw for refusal, draw in ways.values() if refusal is None)
    if backend not in ways:
        raise ConfigError(f'unknown rasterizer {backend!r}; expected one of {", ".join(BACKENDS)}')
    refusal, draw = ways[backend]
    if refusal:
        raise ConfigError(f'the rasterizer {backend} cannot be used: {refusal}; choose auto or torch')
    return draw


def _check(
    means: Tensor, covariances: Tensor, opacities: Tensor, cameras: Cameras, harmonics: Tensor | None, features: Tensor | None
) -> None:
    count, views = len(means), len(cameras.camera_to_world)
    expected = [
        ('means', means, (count, 3)),
        ('covariances', covariances, (count, 3, 3)),
        ('opacities', opacities, (count,)),
        ('camera_to_world', cameras.camera_to_world, (views, 4, 4)),
        ('intrinsics', cameras.intrinsics, (views, 3, 3)),
    ]
    if harmonics is not None:
        expected.append(('harmonics', harmonics, (count, 3, harmonics.shape[-1])))
    if features is not None:
        expected.append(('features', features, (count, features.shape[-1])))
    for name, value, shape in expected:
        if tuple(value.shape) != shape:
            raise DataError(f'rasterize: {name} has shape {tuple(value.shape)}; expected {shape} for {count} gaussians')
    if min(cameras.size) < 1 or not views:
        raise DataError(f'rasterize: {views} views of {cameras.size} pixels; expected at least one of each')
