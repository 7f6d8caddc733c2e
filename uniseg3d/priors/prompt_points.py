"""Three points inside a rough mask, from which a promptable network finds the exact one."""

import numpy as np
from numba import njit
from scipy import ndimage

BORDER = 70  # pixels at the edge of a picture of 512 where attention is unreliable
FEWEST = 10  # pixels of a mask; smaller ones are replaced by four dots in the middle
DOTS = (240, 270)  # rows and columns where the dots begin
SHIFT = 16  # bits behind the point of a distance
STEPS = tuple(round(length * (1 << SHIFT)) for length in (1.0, 1.4, 2.1969))  # straight, diagonal, a knight's move
FAR = 1 << 30
EIGHT = np.ones((3, 3), dtype=bool)


def clean_mask(mask: np.ndarray, border: int = BORDER) -> np.ndarray:
    """Mask [H, W] bool without its border; four dots of 2 x 2 where hardly anything is left."""
    cleaned = np.zeros_like(mask)
    inner = (slice(border, mask.shape[0] - border), slice(border, mask.shape[1] - border))
    cleaned[inner] = mask[inner]
    if cleaned.sum() < FEWEST:
        for row in DOTS:
            for column in DOTS:
                cleaned[row : row + 2, column : column + 2] = True
    return cleaned


def prompt_points(mask: np.ndarray) -> np.ndarray:
    """Three points (column, row) [3, 2] int64 deep inside the largest parts of a ``mask`` [H, W] bool with a pixel at least.

    Three of one part, two of the larger and one of the smaller of two parts, or one of each of the three largest.
    """
    labels, count = ndimage.label(mask, EIGHT)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    ordered = np.sort(sizes)[::-1][:3]
    parts = [labels == 1 + np.flatnonzero(sizes == size)[0] for size in ordered]  # of equal parts the first, each time
    shares = {1: (3,), 2: (2, 1)}.get(len(parts), (1, 1, 1))
    return np.array([point for part, share in zip(parts, shares, strict=True) for point in _inmost(part, share)])


def _inmost(part: np.ndarray, count: int) -> list[tuple[int, int]]:
    """The pixel farthest from the background, then the next one when this one is background, too, and so on."""
    part, points = part.copy(), []
    for _ in range(count):
        row, column = np.unravel_index(chamfer_distance(part).argmax(), part.shape)
        points.append((int(column), int(row)))
        part[row, column] = False
    return points


def chamfer_distance(mask: np.ndarray) -> np.ndarray:
    """Distance of each pixel to the nearest one outside ``mask`` [H, W], by steps within 5 x 5 pixels: [H, W] int64 / 2¹⁶."""
    padded = np.pad(np.where(mask, FAR, 0).astype(np.int64), 2, constant_values=FAR)
    _sweep(padded, *STEPS)
    return padded[2:-2, 2:-2]


@njit(cache=True)
def _sweep(distance, straight, diagonal, knight):  # type: ignore[no-untyped-def]
    """Once down and once up, in place; two pixels around the picture are far from everything."""
    height, width = distance.shape
    for way in (-1, 1):
        for i in range(2, height - 2):
            row = i if way < 0 else height - 1 - i
            for j in range(2, width - 2):
                column = j if way < 0 else width - 1 - j
                best = distance[row, column]
                best = min(best, distance[row, column + way] + straight, distance[row + way, column] + straight)
                for side in (-1, 1):
                    best = min(best, distance[row + way, column + side] + diagonal)
                    best = min(best, distance[row + 2 * way, column + side] + knight)
                    best = min(best, distance[row + way, column + 2 * side] + knight)
                distance[row, column] = best
