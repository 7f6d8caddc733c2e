"""Edges in the order of their weights. The order of equal weights is part of the answer, so the sort is stable."""

import numpy as np
from numba import njit

DIGIT = 11  # bits; three digits cover a weight, and the counters of one digit stay in the fastest cache
BUCKETS = 1 << DIGIT
SIGN = np.uint32(1 << 31)
LAST = np.uint32(2**32 - 1)


def edges_by_weight(edges: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``edges`` [E, 2] and ``weights`` [E] float32 by increasing weight, NaN last; equal weights keep their order."""
    records = _sorted_records(np.ascontiguousarray(weights, np.float32).view(np.uint32))
    return _gathered(edges, weights, records)


@njit(cache=True)
def _sorted_records(bits: np.ndarray) -> np.ndarray:
    """Records (key, row) of 32 bits each in increasing order of the key, by a radix sort from the last digit: [E] uint64."""
    records, other = np.empty(len(bits), np.uint64), np.empty(len(bits), np.uint64)
    sizes = np.zeros((3, BUCKETS), np.int64)
    for row in range(len(bits)):
        key = np.uint64(_ascending(bits[row]))
        records[row] = key << np.uint64(32) | np.uint64(row)
        for digit in range(3):
            sizes[digit, _digit(records[row], digit)] += 1
    for digit in range(3):
        next_place = np.cumsum(sizes[digit]) - sizes[digit]
        for record in records:
            bucket = _digit(record, digit)
            other[next_place[bucket]] = record
            next_place[bucket] += 1
        records, other = other, records
    return records


@njit(cache=True, inline='always')
def _ascending(bits: int) -> int:
    """Unsigned number in the order of the float32 with these bits: negative ones reversed, both zeros equal, NaN last."""
    size = bits & ~SIGN
    if size > 0x7F800000:
        return LAST
    if size == 0:
        return SIGN
    return ~bits if bits & SIGN else bits | SIGN


@njit(cache=True, inline='always')
def _digit(record: np.uint64, digit: int) -> int:
    return np.int64((record >> np.uint64(32 + DIGIT * digit)) & np.uint64(BUCKETS - 1))


@njit(cache=True)
def _gathered(edges: np.ndarray, weights: np.ndarray, records: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    ends, prices = np.empty_like(edges), np.empty_like(weights)
    for place in range(len(records)):
        row = records[place] & np.uint64(0xFFFFFFFF)
        ends[place, 0], ends[place, 1] = edges[row, 0], edges[row, 1]
        prices[place] = weights[row]
    return ends, prices
