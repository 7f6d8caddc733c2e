"""The compiled walks over rows behind ``scatter``: one pass each, in the order of the rows, so results never vary.

Segment numbers are unsigned inside: that spares a test for negative indices in every step. Callers check the range.
"""

import numpy as np
from numba import njit


@njit(cache=True)
def add_rows(values: np.ndarray, ids: np.ndarray, sums: np.ndarray) -> None:
    """Add each row of ``values`` [N, C] to the row ``ids`` [N] of ``sums`` [count, C]."""
    channels = values.shape[1]
    for row in range(len(ids)):
        segment = np.uint64(ids[row])
        for channel in range(channels):
            sums[segment, channel] += values[row, channel]


@njit(cache=True)
def max_rows(values: np.ndarray, ids: np.ndarray, best: np.ndarray) -> None:
    """Raise the row ``ids`` of ``best`` [count, C] to ``values``; rows that no one visits stay as they are. NaN wins."""
    channels = values.shape[1]
    visited = np.zeros(len(best), np.bool_)
    for row in range(len(ids)):
        segment = np.uint64(ids[row])
        first = not visited[segment]
        visited[segment] = True
        for channel in range(channels):
            value = values[row, channel]
            if first or value > best[segment, channel] or value != value:
                best[segment, channel] = value


@njit(cache=True)
def share_among_maxima(values: np.ndarray, ids: np.ndarray, best: np.ndarray, grad: np.ndarray, to_values: np.ndarray) -> None:
    """Gradient of ``max_rows``: ``grad`` [count, C] in equal parts to the rows of ``to_values`` [N, C] that reach ``best``."""
    channels = values.shape[1]
    hits = np.zeros_like(best)
    for row in range(len(ids)):
        segment = np.uint64(ids[row])
        for channel in range(channels):
            hits[segment, channel] += values[row, channel] == best[segment, channel]
    share = grad / np.maximum(hits, 1)
    for row in range(len(ids)):
        segment = np.uint64(ids[row])
        for channel in range(channels):
            hit = values[row, channel] == best[segment, channel]
            to_values[row, channel] = share[segment, channel] if hit else 0
