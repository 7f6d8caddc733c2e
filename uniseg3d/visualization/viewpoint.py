"""Choosing the picture: from where most of a room is seen."""

import numpy as np

from uniseg3d.visualization.camera import Camera, looking_down
from uniseg3d.visualization.cutaway import inside_view
from uniseg3d.visualization.raster import splat

CANDIDATES = 12  # directions tried
SAMPLE = 8000  # points used for trying
DRAFT_SIZE = (120, 90)
DRAFT_RADIUS = 0.06  # metres


def best_view(xyz: np.ndarray, size: tuple[int, int] = (800, 600)) -> tuple[Camera, np.ndarray]:
    """Camera from which most of the points [N, 3] are seen, and which of them to draw [N] bool: no ceiling, no near walls."""
    sample = xyz[:: max(1, len(xyz) // SAMPLE)]
    azimuths = np.linspace(0, 2 * np.pi, CANDIDATES, endpoint=False) + np.pi / CANDIDATES
    azimuth = max(azimuths, key=lambda angle: _seen(sample, angle))
    keep = inside_view(xyz, azimuth)
    return looking_down(xyz[keep], azimuth, size=size), keep


def _seen(xyz: np.ndarray, azimuth: float) -> int:
    """Number of pixels a draft fills plus points it shows: prefers views that are both large and open."""
    kept = xyz[inside_view(xyz, azimuth)]
    camera = looking_down(kept, azimuth, size=DRAFT_SIZE)
    pixel, depth = camera.project(kept)
    nearest = splat(np.floor(pixel).astype(int), depth, np.full(len(kept), DRAFT_RADIUS), camera)
    visible = nearest[nearest != np.iinfo(np.int64).max] & 0xFFFFFFFF
    return len(visible) + len(np.unique(visible))
