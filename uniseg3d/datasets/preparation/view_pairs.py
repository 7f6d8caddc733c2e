"""Which images of a scene show the same surfaces."""

import numpy as np

LEAST, MOST_PARTNERS = 0.15, 16
_CELL = 0.1  # metres


def covered_cells(depth: np.ndarray, intrinsics: np.ndarray, poses: np.ndarray) -> list[np.ndarray]:
    """Cells of space that views see, of each view as sorted numbers: ``depth`` and cameras [V, ...] of small pictures."""
    rows, columns = np.mgrid[: depth.shape[1], : depth.shape[2]]
    pixels = np.stack([columns, rows, np.ones_like(rows)], -1).reshape(-1, 3)
    points = []
    for view, (camera, pose) in enumerate(zip(intrinsics, poses, strict=True)):
        known = depth[view].ravel() > 0
        local = (pixels[known] @ np.linalg.inv(camera).T) * depth[view].ravel()[known, None]
        points.append(local @ pose[:3, :3].T + pose[:3, 3])
    cells = np.floor(np.concatenate([np.zeros((0, 3)), *points]) / _CELL).astype(np.int64)
    number = np.unique(cells, axis=0, return_inverse=True)[1].reshape(-1)
    ends = np.cumsum([len(own) for own in points])[:-1]
    return [np.unique(own) for own in np.split(number, ends)]


def overlaps(cells: list[np.ndarray]) -> np.ndarray:
    """Intersection over union of what every two views see [V, V]."""
    count = 1 + max((int(own[-1]) for own in cells if len(own)), default=-1)
    seen = np.zeros((len(cells), count), np.float32)
    for view, own in enumerate(cells):
        seen[view, own] = 1
    shared, sizes = seen @ seen.T, seen.sum(1)
    return shared / (sizes[:, None] + sizes - shared).clip(min=1)


def make_pairs(overlap: np.ndarray, least: float = LEAST, partners: int = MOST_PARTNERS) -> np.ndarray:
    """Pairs [P, 3] of a lower and a higher image and their overlap: each with those it overlaps most, and at least so much."""
    count = len(overlap)
    apart = np.where(np.eye(count, dtype=bool), 0, overlap)
    ranked = np.argsort(-apart, axis=1, kind='stable')[:, :partners]
    rows = np.repeat(np.arange(count), ranked.shape[1])
    good = apart[rows, ranked.ravel()] >= least
    pairs = np.sort(np.stack([rows, ranked.ravel()], 1)[good], axis=1)
    pairs = np.unique(pairs, axis=0) if len(pairs) else pairs
    return np.column_stack([pairs, apart[pairs[:, 0], pairs[:, 1]]]).astype(np.float64)
