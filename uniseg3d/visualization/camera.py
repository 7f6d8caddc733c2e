"""Where pictures of a scene are taken from."""

from dataclasses import dataclass

import numpy as np

MARGIN = 0.96  # share of the picture that the scene may fill
CLOSEST = 0.5  # metres between the camera and the nearest point, which matters for a single point


@dataclass(frozen=True)
class Camera:
    """Pinhole camera, OpenCV convention: x right, y down, z forward; pixels of a picture ``size`` = (width, height)."""

    rotation: np.ndarray  # [3, 3] world to camera
    position: np.ndarray  # [3] world, metres
    focal: float  # pixels
    size: tuple[int, int]

    def project(self, xyz: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pixel positions [N, 2] and depths [N] in metres of world points [N, 3]."""
        seen = (xyz - self.position) @ self.rotation.T
        depth = np.maximum(seen[:, 2], 1e-6)
        return seen[:, :2] * (self.focal / depth)[:, None] + np.array(self.size) / 2, depth

    def scaled(self, factor: float) -> 'Camera':
        """The same view with ``factor`` times as many pixels per side."""
        width, height = self.size
        return Camera(self.rotation, self.position, self.focal * factor, (round(width * factor), round(height * factor)))


def looking_down(
    xyz: np.ndarray,  # [N, 3] what must be in the picture
    azimuth: float,  # radians about z, the horizontal direction the camera looks along
    pitch: float = np.radians(52),  # below the horizon
    size: tuple[int, int] = (800, 600),
    view_angle: float = np.radians(35),  # horizontal
) -> Camera:
    """Camera as near as possible with all points in the picture."""
    rotation = _facing(azimuth, pitch)
    focal = size[0] / 2 / np.tan(view_angle / 2)
    slopes = MARGIN * np.array(size) / 2 / focal  # of the pyramid of view, right and down
    turned = xyz @ rotation.T
    target = (turned.min(0) + turned.max(0)) / 2
    distance = _distance(turned - target, slopes)
    for _ in range(3):  # centring changes the distance and the other way round; this settles at once
        offset = turned - target
        spans = offset[:, :2] / (offset[:, 2:] + distance)
        target[:2] += (spans.min(0) + spans.max(0)) / 2 * distance
        distance = _distance(turned - target, slopes)
    return Camera(rotation, rotation.T @ (target - [0, 0, distance]), focal, size)


def _distance(offset: np.ndarray, slopes: np.ndarray) -> float:
    """How far the camera must stand from the target so that points at ``offset`` [N, 3] from it fit the pyramid of view."""
    needed = np.maximum((np.abs(offset[:, :2]) / slopes).max(1), CLOSEST)
    return float((needed - offset[:, 2]).max())


def _facing(azimuth: float, pitch: float) -> np.ndarray:
    forward = np.array([np.cos(azimuth) * np.cos(pitch), np.sin(azimuth) * np.cos(pitch), -np.sin(pitch)])
    right = np.array([np.sin(azimuth), -np.cos(azimuth), 0.0])
    return np.stack([right, np.cross(forward, right), forward])
