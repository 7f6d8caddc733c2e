"""One reader for all view data sets: scene -> frames -> image, depth, pose and intrinsics."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from uniseg3d.datasets.views.layout import Layout
from uniseg3d.datasets.views.layouts import layout
from uniseg3d.geometry.cameras import check_intrinsics
from uniseg3d.geometry.image_resize import resize_nearest
from uniseg3d.geometry.se3 import check_poses
from uniseg3d.geometry.view_crop import ViewImage
from uniseg3d.io.images import read_color
from uniseg3d.utils.errors import ConfigError, DataError


@dataclass(eq=False)
class PosedView:
    """A depth image with its camera."""

    name: str
    view: ViewImage  # where there is one with the map ``depth`` [H, W] float32: 0 = unknown, negative = sky
    pose: np.ndarray  # [4, 4] float64 camera-to-world, OpenCV; like the intrinsics of the view NaN where it is not known


class ViewReader:
    """Scenes of one split of a data set.

    Args:
        root: folder of the data set.
        layout: where its files are; a name of ``LAYOUTS`` or a layout.
        split: as the data set calls its parts.
        limit: use the first scenes only; for quick looks.
        labels: also read ``semantic`` and ``instance`` of every pixel.
    """

    def __init__(
        self,
        root: str | Path,
        layout_name: str | Layout,
        split: str = 'train',
        limit: int | None = None,
        labels: bool = False,
    ) -> None:
        self.root = Path(root)
        self.layout = layout(layout_name) if isinstance(layout_name, str) else layout_name
        if labels and self.layout.labels is None:
            raise ConfigError(f'the layout {layout_name} has no labels of pixels; leave labels out')
        self.labels = self.layout.labels if labels else None
        if not self.root.is_dir():
            raise DataError(f'{self.root} does not exist; prepare the data set, or correct data_root')
        self.scenes = self.layout.scenes(self.root, split)[:limit]
        if not self.scenes:
            raise DataError(f'{self.root} holds no scenes of the split {split!r}; prepare it as docs/reconstruction.md says')

    def names(self, scene: str) -> list[str]:
        """Frames of a scene in the order of time."""
        return self.layout.names(self.root / scene)

    def classes(self, scene: str) -> list[str] | None:
        """Names of the classes that pixels of a scene are labelled with, if labels are read."""
        return None if self.labels is None else self.labels.classes(self.root / scene)

    def read(self, scene: str, name: str, masked: bool = False) -> PosedView:
        """One frame; ``masked``: depth of the object alone, where the data set knows it."""
        folder = self.root / scene
        color = folder / self.layout.color.format(name)
        image = read_color(color)
        pose, intrinsics = self._camera(folder, name, str(color))
        maps = self._depth(folder, name, masked) | self._labels(folder, name)
        height, width = image.shape[:2]  # intrinsics are those of the image
        sized = {
            kind: values if values.shape == (height, width) else resize_nearest(values, width, height)
            for kind, values in maps.items()
        }
        return PosedView(name, ViewImage(image, intrinsics, sized), pose)

    def _camera(self, folder: Path, name: str, image: str) -> tuple[np.ndarray, np.ndarray]:
        if self.layout.camera is None:
            return np.full((4, 4), np.nan), np.full((3, 3), np.nan)
        pose, intrinsics = self.layout.camera(folder, name)
        check_poses(torch.from_numpy(pose), image)
        if self.layout.unit is not None:
            pose = pose * np.array([[1, 1, 1, self.layout.unit(folder)]] * 3 + [[1, 1, 1, 1]])
        if intrinsics is None:
            return pose, np.full((3, 3), np.nan)
        check_intrinsics(torch.from_numpy(intrinsics), image)
        return pose, intrinsics

    def _labels(self, folder: Path, name: str) -> dict[str, np.ndarray]:
        return {} if self.labels is None else dict(zip(('semantic', 'instance'), self.labels.read(folder, name), strict=True))

    def _depth(self, folder: Path, name: str, masked: bool) -> dict[str, np.ndarray]:
        """The map ``depth`` [H, W] float32 without what cannot be true, if the data set has depths."""
        where = self.layout.depth
        if where is None or self.layout.read_depth is None:
            return {}
        depth = self.layout.read_depth(folder / where.format(name) if isinstance(where, str) else where(folder, name))
        depth = np.where(np.isfinite(depth), depth, 0)
        if self.layout.unit is not None:
            depth = depth * self.layout.unit(folder)
        limit = self.layout.largest_depth
        if self.layout.cut_quantile is not None and depth.size:
            limit = min(limit, float(np.quantile(depth, self.layout.cut_quantile)))
        if masked and self.layout.mask is not None:
            depth = depth * self.layout.mask(folder, name)
        return {'depth': np.where(depth > limit, 0, depth).astype(np.float32)}
