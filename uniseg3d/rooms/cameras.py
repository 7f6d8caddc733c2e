"""A person walks through the room with a camera: intrinsics, poses, and the choice of views."""

import numpy as np

from uniseg3d.rooms.free_space import FreeSpace
from uniseg3d.utils.errors import DataError

_HEIGHTS = (1.2, 1.8)  # metres above the floor
ACROSS_AND_DOWN = (10.0, 38.0)  # tilts in degrees below the horizon
UP_TO_STEEP = (-32.0, 62.0)  # also the ceiling, and into tubs and behind armrests
_DIRECTIONS = 24
# walk where a person fits; in a full little room hold the camera over the furniture
_WALKS = ((0.2, 1.85, 0.25), (0.9, 1.85, 0.2), (1.15, 1.85, 0.1))


def intrinsic_matrix(size: tuple[int, int], field_of_view: float) -> np.ndarray:
    """Pinhole matrix [3, 3] of an image ``size`` (height, width) that spans ``field_of_view`` degrees horizontally."""
    height, width = size
    focal = 0.5 * width / np.tan(np.radians(field_of_view) / 2)
    return np.array([[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1]])


def halved(intrinsic: np.ndarray) -> np.ndarray:
    """The matrix that fits an image of which only every second row and column is kept."""
    return np.diag([0.5, 0.5, 1]) @ intrinsic


def draw_poses(
    space: FreeSpace, rng: np.random.Generator, count: int, tilts: tuple[float, float] = ACROSS_AND_DOWN
) -> np.ndarray:
    """``count`` camera-to-world matrices [count, 4, 4] (OpenCV) along a walk, each looking where there is something to see."""
    places = _spread(walkable(space), count, rng)
    heights = rng.uniform(*_HEIGHTS, count)
    eyes = np.column_stack([places, heights])[_short_walk(places)]
    return np.stack([camera_pose(eye, _draw_yaw(space, eye, rng), rng.uniform(*tilts), rng.normal(0, 2)) for eye in eyes])


def walkable(space: FreeSpace) -> np.ndarray:
    """Places [N, 2] where a camera can be held, in the middle of a person's way if the room leaves one."""
    for low, high, clearance in _WALKS:
        places = space.walkable(low, high, clearance)
        if len(places) >= 25:  # a sixteenth of a square metre
            return places
    raise DataError('the room is too full: there is no free place for a camera between the furniture')


def _spread(places: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Farthest-point choice of ``count`` places [count, 2]; repeats places if there are fewer."""
    pool = places[rng.permutation(len(places))[:600]]
    chosen = [0]
    distance = np.linalg.norm(pool - pool[0], axis=1)
    while len(chosen) < count:
        chosen.append(int(distance.argmax()))
        distance = np.minimum(distance, np.linalg.norm(pool - pool[chosen[-1]], axis=1))
    return pool[chosen]


def _short_walk(places: np.ndarray) -> list[int]:
    """Order of the places when one always goes on to the nearest one left."""
    order, left = [0], set(range(1, len(places)))
    while left:
        here = places[order[-1]]
        order.append(min(left, key=lambda i: (float(np.hypot(*(places[i] - here))), i)))
        left.remove(order[-1])
    return order


def _draw_yaw(space: FreeSpace, eye: np.ndarray, rng: np.random.Generator) -> float:
    """Heading in radians; the farther one sees (averaged over the width of an image), the likelier."""
    yaws = 2 * np.pi * np.arange(_DIRECTIONS) / _DIRECTIONS
    directions = np.column_stack([np.cos(yaws), np.sin(yaws), np.full(_DIRECTIONS, -0.15)])
    sight = space.sight(eye, directions / np.linalg.norm(directions, axis=1, keepdims=True), reach=6.0)
    seen = np.mean([np.roll(sight, shift) for shift in range(-2, 3)], axis=0)
    weights = np.exp(1.5 * (seen - seen.max()))
    return float(rng.choice(yaws, p=weights / weights.sum()) + rng.uniform(-0.5, 0.5) * 2 * np.pi / _DIRECTIONS)


def camera_pose(eye: np.ndarray, yaw: float, tilt_degrees: float, roll_degrees: float) -> np.ndarray:
    """Camera-to-world [4, 4] (OpenCV) at ``eye`` that looks along ``yaw`` (radians), tilted down."""
    tilt, roll = np.radians(tilt_degrees), np.radians(roll_degrees)
    forward = np.array([np.cos(yaw) * np.cos(tilt), np.sin(yaw) * np.cos(tilt), -np.sin(tilt)])
    level = np.array([np.sin(yaw), -np.cos(yaw), 0])
    down = np.cross(forward, level)
    pose = np.eye(4)
    pose[:3, 0] = np.cos(roll) * level + np.sin(roll) * down
    pose[:3, 1] = np.cos(roll) * down - np.sin(roll) * level
    pose[:3, 2], pose[:3, 3] = forward, eye
    return pose


def choose_views(coverage: np.ndarray, gone: np.ndarray, count: int, wanted: float = 1.0) -> list[int]:
    """Greedy choice of ``count`` views, best first; fewer when ``wanted`` of the surface is covered or nothing is gained.

    coverage: [V, S] bool, which view measures which surface sample; gone: [S] bool, samples that are covered already.
    """
    covered = gone.copy()
    chosen: list[int] = []
    while len(chosen) < count and covered.mean() < wanted:
        gain = (coverage & ~covered).sum(axis=1)
        best = int(gain.argmax())
        if gain[best] == 0:
            break
        chosen.append(best)
        covered |= coverage[best]
    return chosen
