"""What a page draws: points, what can be laid over them, and what stands among them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from uniseg3d.demo.layer import Layer
from uniseg3d.structures.gaussians import Gaussians


@dataclass(frozen=True, eq=False)
class ShownCamera:
    """Where a photo was taken."""

    name: str
    camera_to_world: np.ndarray  # [4, 4]
    fov: float  # radians, from top to bottom
    aspect: float  # width by height

    @classmethod
    def of(cls, name: str, pose: np.ndarray, intrinsics: np.ndarray, size: tuple[int, int]) -> 'ShownCamera':
        """Of a photo of ``size`` (H, W), its pose [4, 4] and the matrix [3, 3] in its pixels."""
        fov = 2 * np.arctan(size[0] / 2 / intrinsics[1, 1])
        return cls(name, pose, float(fov), size[1] / size[0])

    def moved(self, motion: np.ndarray) -> 'ShownCamera':
        """The same, after the world was turned, scaled and shifted by ``motion`` [4, 4]."""
        pose = motion @ self.camera_to_world
        pose[:3, :3] /= np.cbrt(np.linalg.det(motion[:3, :3]))
        return ShownCamera(self.name, pose, self.fov, self.aspect)


@dataclass(eq=False)
class Shown:
    """n points, z up, and what can be laid over them."""

    name: str
    kind: str
    xyz: np.ndarray  # [n, 3] float32
    layers: dict[str, Layer]
    gaussians: Gaussians | None = None
    to_z_up: np.ndarray = field(default_factory=lambda: np.eye(3))  # what turned the gaussians' frame
    cameras: list[ShownCamera] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    confidence: np.ndarray | None = None  # [n] float32 of networks that say how sure they are, 1 and more
    local_xyz: np.ndarray | None = None  # [n, 3] where each photo alone would put its points
    write: Callable[[Path], None] | None = None  # puts the files of it into a folder
