"""Points as small pieces of surface: how large, and which way they face."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from uniseg3d.visualization.camera import Camera

NEIGHBOURS = 12
SPACING_NEIGHBOUR = 4  # whose distance tells how dense the points are
LONE_RADIUS = 0.02  # metres, of points without enough neighbours
LIGHT = np.array([-0.35, -0.25, -0.9])  # towards the lamp, camera axes: behind the viewer, above the left shoulder
EDGE_ON = 0.3  # least cosine between a disc's normal and the view, so that noise in the normal makes no slivers
AMBIENT = 0.68


@dataclass(frozen=True)
class Surfels:
    """N oriented discs."""

    xyz: np.ndarray  # [N, 3] metres
    radius: np.ndarray  # [N] metres: closes the surface without blurring dense parts
    normal: np.ndarray  # [N, 3] unit length, of either sign; zero where unknown

    def __getitem__(self, rows: np.ndarray) -> 'Surfels':
        return Surfels(self.xyz[rows], self.radius[rows], self.normal[rows])

    def light(self, camera: Camera) -> np.ndarray:
        """Brightness [N] in 0..1 of the sides that face the camera."""
        normal = self.normal @ camera.rotation.T
        towards = (self.xyz - camera.position) @ camera.rotation.T
        facing = -np.sign((normal * towards).sum(1))
        lit = np.clip(facing * (normal @ LIGHT), 0, 1)
        return np.where(np.abs(self.normal).any(1), AMBIENT + (1 - AMBIENT) * lit, 1.0)

    def slope(self, camera: Camera) -> np.ndarray:
        """How depth grows per metre to the right and down on each disc, [N, 2]; bounded where it is seen edge-on."""
        normal = self.normal @ camera.rotation.T
        forward = np.where(normal[:, 2] < 0, -1, 1) * np.maximum(np.abs(normal[:, 2]), EDGE_ON)
        return -normal[:, :2] / forward[:, None]


def make_surfels(xyz: np.ndarray) -> Surfels:
    """Estimate size and direction of the surface at each of the points [N, 3] from its neighbours."""
    if len(xyz) <= NEIGHBOURS:
        return Surfels(xyz, np.full(len(xyz), LONE_RADIUS), np.zeros_like(xyz))
    distance, near = cKDTree(xyz).query(xyz, k=NEIGHBOURS + 1)
    spacing = distance[:, SPACING_NEIGHBOUR]
    typical = max(float(np.median(spacing)), 1e-3)
    patch = xyz[near] - xyz[near].mean(1, keepdims=True)
    _, axes = np.linalg.eigh(patch.transpose(0, 2, 1) @ patch)
    return Surfels(xyz, 0.72 * np.clip(spacing, typical, 2 * typical), axes[:, :, 0])
