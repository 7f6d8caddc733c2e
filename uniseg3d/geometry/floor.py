"""Floors and walls of a scan whose z is roughly up."""

from dataclasses import dataclass

import numpy as np

LEVEL = np.cos(np.radians(15))  # least cosine of surfaces that may be floor
UPRIGHT = np.sin(np.radians(10))  # largest cosine of surfaces that may be wall
LEAST_SHARE = 0.25  # of the largest level surface's area; lower ones are noise or steps
FEW = 30  # points; nothing is told from fewer
BIN = 0.1  # metres of height
PEAK = 0.5  # of the largest peak
STOREY, SLAB = 2.2, 1.2  # metres: storeys are higher, and ceilings closer to the floor above


@dataclass(frozen=True)
class Floor:
    """A plane."""

    height: float  # z of its middle
    normal: np.ndarray  # [3] unit length, upwards


def find_floor(xyz: np.ndarray, normals: np.ndarray, spacing: float) -> Floor | None:
    """The lowest large level surface among evenly spaced points [S, 3]; ``None`` where there is none."""
    level = xyz[np.abs(normals[:, 2]) > LEVEL]
    if len(level) < FEW:
        return None
    z = level[:, 2]
    layers = np.bincount(np.floor((z - z.min()) / (2 * spacing)).astype(np.int64)).astype(float)
    thick = np.convolve(layers, [1, 1, 1], 'same')  # a tilted floor fills several layers
    lowest = int(np.flatnonzero(thick >= LEAST_SHARE * thick.max())[0])
    peak = lowest + int(thick[lowest : lowest + 3].argmax())
    middle = z.min() + (peak + 0.5) * 2 * spacing
    return _fit(level[np.abs(z - middle) < 4 * spacing], spacing)


def storey_floors(z: np.ndarray) -> np.ndarray:
    """Heights [S] of the floors of a building from those of its points [N], the lowest first; -inf for the first.

    Level surfaces show as peaks among heights. The ceiling of a storey and the floor above it are two of them, close together.
    """
    bins = np.floor((z - z.min()) / BIN).astype(np.int64)
    counts = np.bincount(bins, minlength=3).astype(float)
    thick = np.convolve(counts, [1, 1, 1], 'same')
    thick -= np.median(thick)  # walls
    peaks = np.flatnonzero((thick >= PEAK * thick.max()) & (thick >= np.maximum(np.roll(thick, 1), np.roll(thick, -1)))) * BIN
    floors = [-np.inf]
    for peak, following in zip(peaks, [*peaks[1:], np.inf], strict=True):
        last = max(floors[-1], 0.0) if len(floors) > 1 else float(peaks[0])
        above = float((z > z.min() + peak + 0.5).mean())
        if peak - last >= STOREY and following - peak > SLAB and above > 0.05:
            floors.append(float(peak))
    return np.array([floors[0], *(z.min() + height for height in floors[1:])])


def _fit(points: np.ndarray, spacing: float) -> Floor | None:
    """Plane through ``points``; each round leaves out more of what lies beside it."""
    for reach in (2.0, 1.0, 0.5):
        if len(points) < FEW:
            return None
        centre = points.mean(0)
        normal = np.linalg.svd(points - centre, full_matrices=False)[2][2]
        points = points[np.abs((points - centre) @ normal) < reach * spacing]
    return Floor(float(centre[2]), normal * (1 if normal[2] >= 0 else -1))


def levelling(normal: np.ndarray) -> np.ndarray:
    """The smallest rotation [3, 3] that turns the upward ``normal`` to z."""
    x, y, z = normal
    skew = np.array([[0, 0, -x], [0, 0, -y], [x, y, 0]])
    return np.eye(3) + skew + skew @ skew / (1 + z)


def wall_angle(normals: np.ndarray) -> float:
    """How far walls are turned from the axes, radians in -45..45 degrees; 0 where there are none. ``normals`` [S, 3]."""
    upright = normals[(np.abs(normals[:, 2]) < UPRIGHT) & (np.abs(normals[:, :2]).max(1) > 0)]
    if len(upright) < FEW:
        return 0.0
    angle = np.arctan2(upright[:, 1], upright[:, 0]) % (np.pi / 2)
    counts = np.bincount((angle / (np.pi / 180)).astype(int) % 90, minlength=90).astype(float)
    rounded = sum(np.roll(counts, shift) for shift in (-2, -1, 0, 1, 2))
    peak = np.radians(float(np.argmax(rounded)) + 0.5)
    off = (angle - peak + np.pi / 4) % (np.pi / 2) - np.pi / 4
    found = peak + float(np.median(off[np.abs(off) < np.radians(3)]))
    return float((found + np.pi / 4) % (np.pi / 2) - np.pi / 4)
