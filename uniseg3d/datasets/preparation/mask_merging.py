"""Group numbers of the same points from many views, merged to one partition."""

from collections.abc import Sequence

import numpy as np

from uniseg3d.superpoints.relabel import relabel


def merge_views(views: Sequence[np.ndarray], least: int, overlap: float = 0.5) -> np.ndarray:
    """One group number for each point [N] int64, -1 = none, from the numbers of each view [N].

    Neighbouring views are merged pair by pair, then the results, until one is left. A view numbers its groups as it likes.
    Groups of fewer than ``least`` points count as none.
    """
    level = [drop_small(view, least) for view in views]
    while len(level) > 1:
        pairs = [merge_pair(a, b, overlap) for a, b in zip(level[::2], level[1::2], strict=False)]
        level = [*(drop_small(merged, least) for merged in pairs), *level[2 * len(pairs) :]]
    return level[0]


def merge_pair(first: np.ndarray, second: np.ndarray, overlap: float = 0.5) -> np.ndarray:
    """Groups [N] of two views together, -1 = none.

    Two groups are one if their common points make up ``overlap`` of the smaller one; each group of ``second`` looks for the
    group of ``first`` that it shares most with, then the other way round. Where both say something, ``first`` counts.
    """
    offset = int(first.max(initial=-1)) + 1
    second = np.where(second >= 0, second + offset, -1)
    second = _adopt(second, first, overlap)
    first = _adopt(first, second, overlap)
    return np.where(first >= 0, first, second)


def _adopt(groups: np.ndarray, other: np.ndarray, overlap: float) -> np.ndarray:
    """``groups`` with the numbers of those of ``other`` that they are found to be."""
    both = (groups >= 0) & (other >= 0)
    if not both.any():
        return groups
    width = int(other.max()) + 1
    pair, common = np.unique(groups[both] * width + other[both], return_counts=True)
    mine, theirs = np.divmod(pair, width)
    best = np.lexsort((-common, mine))  # the largest share of each group comes first
    best = best[np.unique(mine[best], return_index=True)[1]]
    mine, theirs, common = mine[best], theirs[best], common[best]
    sizes, other_sizes = (np.bincount(values[values >= 0]) for values in (groups, other))
    same = common >= overlap * np.minimum(sizes[mine], other_sizes[theirs])
    number = np.arange(len(sizes))
    number[mine[same]] = theirs[same]
    return np.where(groups >= 0, number[groups], -1)


def drop_small(groups: np.ndarray, least: int) -> np.ndarray:
    """Groups [N] of at least ``least`` points, numbered anew from 0; -1 = none."""
    sizes = np.bincount(groups + 1)
    sizes[0] = 0  # of the points in no group
    kept = np.where(sizes[groups + 1] >= least, groups, -1)
    return relabel(kept) - (1 if (kept < 0).any() else 0)
