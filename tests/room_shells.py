"""An empty room, with or without a ceiling."""

import numpy as np


def shell(ceiling):
    """A room of 4 x 3 x 2.5 m, and a stray point above it."""
    side = np.linspace(0, 1, 60)
    plane = np.stack(np.meshgrid(side, side, [0.0]), -1).reshape(-1, 3)
    walls = [plane[:, [0, 2, 1]] + [0, y, 0] for y in (0, 1)] + [plane[:, [2, 0, 1]] + [x, 0, 0] for x in (0, 1)]
    parts = [plane, *walls, *([plane + [0, 0, 1]] if ceiling else [])]
    return np.concatenate([np.concatenate(parts) * [4, 3, 2.5], [[2, 1, 3.0]]])
