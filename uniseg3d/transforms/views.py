"""From read frames to a batch of one sequence. Each transform takes and returns one dictionary:

==========  ===================================================  ==================
key         value                                                added by
==========  ===================================================  ==================
scene_id    name                                                 the data set
views       list of ``PosedView``                                the data set
is_metric   whether depth and poses are in metres                the data set
classes     names that the maps of classes count, or ``None``    the data set
resolution  (width, height) to train at                          the data set
rng         ``np.random.Generator`` of (seed, epoch, index)      the data set
full_depth  list of depth maps [H, W] of the photos              FitViews
==========  ===================================================  ==================
"""

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from uniseg3d.geometry.view_crop import ViewImage, crop_view
from uniseg3d.registry import TRANSFORMS
from uniseg3d.structures.view_batch import GRAY, ViewBatch
from uniseg3d.transforms.base import SampleDict


@TRANSFORMS.register_module()
class CropViews:
    """Cut and scale every view to the resolution of the sample, around its principal point.

    ``extra``: the scaled image is up to so many pixels larger than what is cut out of it, so that objects differ in size;
    drawn for each view, or once for all if ``same_for_all``.
    """

    def __init__(self, extra: int = 0, same_for_all: bool = False) -> None:
        self.extra, self.same_for_all = extra, same_for_all

    def __call__(self, sample: SampleDict) -> SampleDict:
        count = len(sample['views'])
        drawn = sample['rng'].integers(max(self.extra, 1), size=1 if self.same_for_all else count)
        sample['views'] = [
            replace(posed, view=crop_view(posed.view, sample['resolution'], int(extra)))
            for posed, extra in zip(sample['views'], np.resize(drawn, count), strict=True)
        ]
        return sample


@TRANSFORMS.register_module()
class JitterViews:
    """Change brightness, contrast, saturation and hue, in an order drawn for the sequence, all views alike."""

    def __init__(self, brightness: float = 0.5, contrast: float = 0.5, saturation: float = 0.5, hue: float = 0.1) -> None:
        self.ranges = {'brightness': brightness, 'contrast': contrast, 'saturation': saturation}  # factors 1 +- range
        self.hue = hue  # of the circle of hues, +- range

    def __call__(self, sample: SampleDict) -> SampleDict:
        rng: np.random.Generator = sample['rng']
        factors = {name: 1 + rng.uniform(-width, width) for name, width in self.ranges.items()}
        turn = rng.uniform(-self.hue, self.hue)
        order = rng.permutation([*factors, 'hue']).tolist()
        for posed in sample['views']:
            colors = posed.view.image.astype(np.float32)
            for name in order:
                colors = _turn_hue(colors, turn) if name == 'hue' else _blend(colors, name, factors[name])
            posed.view.image = colors.round().astype(np.uint8)
        return sample


@TRANSFORMS.register_module()
class MirrorViews:
    """Show the scene in a mirror, left and right exchanged, with the given probability; all views alike."""

    def __init__(self, probability: float = 0.5) -> None:
        self.probability = probability

    def __call__(self, sample: SampleDict) -> SampleDict:
        if sample['rng'].random() < self.probability:
            sample['views'] = [
                replace(posed, view=_mirrored(posed.view), pose=_SIDES @ posed.pose @ _SIDES) for posed in sample['views']
            ]
        return sample


_SIDES = np.diag([-1.0, 1, 1, 1])


def _mirrored(view: ViewImage) -> ViewImage:
    intrinsics = view.intrinsics.copy()
    intrinsics[0, 2] = view.image.shape[1] - 1 - intrinsics[0, 2]
    maps = {name: np.ascontiguousarray(values[:, ::-1]) for name, values in view.maps.items()}
    return ViewImage(np.ascontiguousarray(view.image[:, ::-1]), intrinsics, maps)


_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def _blend(colors: np.ndarray, kind: str, factor: float) -> np.ndarray:
    """Colours [H, W, 3] in 0..255 moved away from (or towards) black, the mean gray of the image, or their own gray."""
    gray = colors @ _LUMA
    base = {'brightness': np.float32(0), 'contrast': gray.mean(), 'saturation': gray[..., None]}[kind]
    return np.clip(base + np.float32(factor) * (colors - base), 0, 255)


def _turn_hue(colors: np.ndarray, turn: float) -> np.ndarray:
    """Colours [H, W, 3] in 0..255 with their hue moved by a share of the circle."""
    hue, chroma, value = _hue_chroma_value(colors)
    # every channel falls from the value by the chroma where the hue is far from it
    offset = np.array([5, 3, 1], np.float32) + ((hue + 6 * np.float32(turn)) % 6)[..., None]
    offset %= 6
    return value[..., None] - chroma[..., None] * np.clip(np.minimum(offset, 4 - offset), 0, 1)


def _hue_chroma_value(colors: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hue in 0..6, chroma and value [H, W] of colours [H, W, 3]."""
    red, green, blue = np.moveaxis(colors, 2, 0)
    value = np.maximum(np.maximum(red, green), blue)  # thrice as fast as over the last axis
    chroma = value - np.minimum(np.minimum(red, green), blue)
    safe = np.where(chroma > 0, chroma, 1)
    by_channel = [(green - blue) / safe % 6, (blue - red) / safe + 2, (red - green) / safe + 4]
    hue = np.where(value == red, by_channel[0], np.where(value == green, by_channel[1], by_channel[2]))
    return hue, chroma, value


@TRANSFORMS.register_module()
class PackViews:
    """The sequence as a :class:`ViewBatch` of one; colours become -1..1."""

    def __call__(self, sample: SampleDict) -> ViewBatch:
        views = [posed.view for posed in sample['views']]
        images = torch.from_numpy(np.stack([view.image for view in views])).permute(0, 3, 1, 2)  # [V, 3, H, W]
        return ViewBatch(
            scene_ids=[sample['scene_id']],
            images=images[None].float() / GRAY - 1,
            names=[[posed.name for posed in sample['views']]],
            camera_to_world=_known([posed.pose for posed in sample['views']]),
            intrinsics=_known([view.intrinsics for view in views]),
            depth=_stacked([view.maps['depth'] for view in views if 'depth' in view.maps]),
            is_metric=torch.tensor([sample['is_metric']]),
            full_depth=_stacked(sample.get('full_depth', [])),
            **self._labels(sample.get('classes'), views),
        )

    def _labels(self, classes: list[str] | None, views: list[ViewImage]) -> dict[str, Any]:
        if classes is None:
            return {}
        maps = {name: np.stack([view.maps[name] for view in views])[None] for name in ('semantic', 'instance')}
        return {name: torch.from_numpy(values).long() for name, values in maps.items()} | {'classes': [classes]}


def _stacked(arrays: list[np.ndarray]) -> torch.Tensor | None:
    return torch.from_numpy(np.stack(arrays)[None]).float() if arrays else None


def _known(cameras: list[np.ndarray]) -> torch.Tensor | None:
    """Cameras of all views, if they are known."""
    return None if any(np.isnan(camera).any() for camera in cameras) else _stacked(cameras)
