"""Gaussians, as pages draw them."""

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from uniseg3d.apis.photo_gaussians import gaussians_of_photos, prepare_photos
from uniseg3d.apis.photo_source import SourceFrame
from uniseg3d.apis.reconstruction import CV_TO_Z_UP
from uniseg3d.demo.layer import RGB, label_layer, rgb_layer, segment_layer
from uniseg3d.demo.shown import Shown
from uniseg3d.io.gaussians import write_gaussians
from uniseg3d.models import SIU3R
from uniseg3d.ops.rasterize.harmonics import CONSTANT
from uniseg3d.structures.gaussians import Gaussians
from uniseg3d.text.class_lists import class_list
from uniseg3d.visualization.palette import instance_colors


def shown_gaussians(gaussians: Gaussians, name: str, notes: Sequence[str] = ()) -> Shown:
    """Gaussians as they are drawn, and their centres as points with what is known about them."""
    turn, colors = CV_TO_Z_UP, gaussian_colors(gaussians)
    xyz, layers = (gaussians.means.numpy() @ turn.T).astype(np.float32), {RGB: rgb_layer(colors)}
    if gaussians.semantic is not None:
        values = gaussians.semantic.numpy() - 1
        known = class_list('scannet20')
        count = max(len(known), int(values.max(initial=-1)) + 1)
        extra = instance_colors(count - len(known))
        names = [*known.names, *(f'class {i}' for i in range(len(known), count))]
        layers['semantic'] = label_layer(values, names, np.concatenate([known.colors, extra]))
    if gaussians.instance is not None:
        values = gaussians.instance.numpy() - 1
        layers['instances'] = segment_layer(colors, values, [f'object {i + 1}' for i in range(int(values.max(initial=-1)) + 1)])
    return Shown(name, 'gaussians', xyz, layers, gaussians, turn, notes=list(notes), write=partial(_write, gaussians))


def gaussians_from_photos(model: SIU3R, frames: Iterable[SourceFrame], size: int) -> Shown:
    """What a network makes of photos whose cameras nobody knows."""
    photos = prepare_photos(frames, size)
    return shown_gaussians(gaussians_of_photos(model, photos.batch).gaussians, 'photos', photos.remarks)


def gaussian_colors(gaussians: Gaussians) -> np.ndarray:
    """Colours [G, 3] uint8 that are the same from all sides."""
    return ((0.5 + CONSTANT * gaussians.harmonics[:, :, 0]).clamp(0, 1) * 255).round().byte().numpy()


def _write(gaussians: Gaussians, folder: Path) -> None:
    write_gaussians(folder / 'gaussians.ply', gaussians)
