"""One scene, one view, any number of pictures."""

import numpy as np

from uniseg3d.visualization.raster import OVERSAMPLING, rasterize
from uniseg3d.visualization.surfels import make_surfels
from uniseg3d.visualization.viewpoint import best_view


class SceneCanvas:
    """Pictures of a scene from its best view; the geometry is drawn once, each picture only looks up colours."""

    def __init__(self, xyz: np.ndarray, size: tuple[int, int] = (800, 600)) -> None:
        """``xyz`` [N, 3] metres, z up; ``size`` (width, height) in pixels."""
        xyz = np.asarray(xyz, dtype=np.float64)
        self.camera, self.kept = best_view(xyz, size)
        self.raster = rasterize(make_surfels(xyz[self.kept]), self.camera)
        self.visible = np.zeros(len(xyz), dtype=bool)  # [N]
        self.visible[np.flatnonzero(self.kept)[self.raster.point[self.raster.point >= 0]]] = True

    def paint(self, colors: np.ndarray) -> np.ndarray:
        """Picture [height, width, 3] uint8 of point colours [N, 3]."""
        return self.raster.paint(colors[self.kept])

    def shows(self, mask: np.ndarray) -> bool:
        """Whether the pictures show any point of ``mask`` [N]; the others are cut away or stand behind something."""
        return bool((self.visible & mask).any())

    def values(self, values: np.ndarray) -> np.ndarray:
        """Value of the point that each pixel shows, of integers [N]: [height, width], -1 where there is no point."""
        lookup = np.append(values[self.kept], -1)
        return lookup[self.raster.point][::OVERSAMPLING, ::OVERSAMPLING]

    def pixels(self, xyz: np.ndarray) -> np.ndarray:
        """Where in the pictures the positions [K, 3] lie: [K, 2] x, y."""
        return self.camera.project(np.asarray(xyz, dtype=np.float64))[0]
