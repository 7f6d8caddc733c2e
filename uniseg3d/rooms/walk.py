"""A walk with a camera: poses as close together as the frames of a video."""

import numpy as np
from scipy.spatial import cKDTree

from uniseg3d.rooms.cameras import camera_pose, walkable
from uniseg3d.rooms.free_space import CELL, FreeSpace

STEPS = (0.06, 0.18)  # metres between frames; each walk keeps to one
_TURNS = np.radians(np.arange(-12, 13, 3))  # that a step may change the direction of the walk by
_LOOKS = np.radians((10, 30))  # how far the camera swings to the sides of the direction of the walk
_SWINGS = (24, 60)  # frames per swing
_HEIGHTS, _TILTS = (1.2, 1.75), (4.0, 24.0)  # metres; degrees below the horizon
_SIGHT = 2.5  # metres of free sight that count


def draw_walk(space: FreeSpace, rng: np.random.Generator, count: int) -> np.ndarray:
    """``count`` camera-to-world matrices [count, 4, 4] (OpenCV): from place to place, looking left and right on the way."""
    places, headings = _path(space, rng, count)
    time = np.arange(count)
    swing = rng.uniform(*_LOOKS) * np.sin(2 * np.pi * (time / rng.uniform(*_SWINGS) + rng.random()))
    height = rng.uniform(*_HEIGHTS) + 0.02 * np.sin(0.9 * time)  # people bob a little
    tilt = rng.uniform(*_TILTS) + 6 * np.sin(2 * np.pi * (time / rng.uniform(20, 60) + rng.random()))
    roll = 1.5 * np.sin(2 * np.pi * (time / rng.uniform(15, 40) + rng.random()))
    eyes = np.column_stack([places, height])
    return np.stack([camera_pose(*frame) for frame in zip(eyes, headings + swing, tilt, roll, strict=True)])


def _path(space: FreeSpace, rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Places [count, 2] and directions [count] in radians; each step takes the direction with the freest sight, by lot."""
    pool = walkable(space)
    near = cKDTree(pool)
    place = pool[rng.integers(len(pool))]
    heading, step = rng.uniform(0, 2 * np.pi), rng.uniform(*STEPS)
    places, headings = [place], [heading]
    while len(places) < count:
        turned = heading + _TURNS
        ways = np.column_stack([np.cos(turned), np.sin(turned)])
        possible = near.query(place + step * ways, distance_upper_bound=CELL)[0] < CELL
        if possible.any():
            eye = np.append(place, sum(_HEIGHTS) / 2)
            sight = space.sight(eye, np.column_stack([ways, np.zeros(len(ways))]), _SIGHT)
            weight = possible * np.exp(2 * sight - 2 * np.abs(_TURNS))
            choice = rng.choice(len(ways), p=weight / weight.sum())
            place, heading = place + step * ways[choice], turned[choice]
        else:
            heading += _TURNS[-1]  # at a dead end: turn on the spot
        places.append(place)
        headings.append(heading)
    return np.array(places), _smooth(np.array(headings))


def _smooth(values: np.ndarray, width: int = 5) -> np.ndarray:
    """Running mean; the ends count several times."""
    padded = np.pad(values, width // 2, mode='edge')
    return np.convolve(padded, np.full(width, 1 / width), mode='valid')
