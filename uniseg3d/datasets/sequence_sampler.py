"""Which frames of a scene make a training sequence."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from uniseg3d.utils.errors import ConfigError, DataError

_REVISIT, _UNSORTED = 0.5, 0.9  # up to here: few frames again and again; drawn anew in any order; beyond: in order


@dataclass(frozen=True)
class SequenceRule:
    """How far apart the frames of a sequence are, and in which order they come.

    A video is sorted in time; other sequences are shuffled, inside consecutive groups of ``block`` frames if that is given.
    """

    max_interval: int = 25  # frames between neighbours
    min_interval: int = 1
    video: float = 0.5  # probability of a video
    fixed_interval: float = 0.5  # and of a video whose frames are equally far apart
    block: int | None = None

    def __post_init__(self) -> None:
        shares = (self.video, self.fixed_interval)
        if not (1 <= self.min_interval <= self.max_interval and all(0 <= share <= 1 for share in shares)):
            raise ConfigError(f'a sequence needs 1 <= min_interval <= max_interval and probabilities in 0..1, got {self}')


def least_frames(count: int, repeat: bool) -> int:
    """Frames that a scene must have from the first one on, for sequences of ``count``; fewer where frames may repeat."""
    return max(count // 3, 3) if repeat else count


def draw_sequence(
    rng: np.random.Generator, count: int, first: int, pool: int, rule: SequenceRule, repeat: bool = False
) -> tuple[list[int], bool]:
    """``count`` positions among ``pool`` frames, ``first`` among them where enough follow it, and whether they are a video.

    repeat: show frames several times where too few follow ``first``; otherwise that is an error.
    """
    later = pool - first - 1
    if later >= count - 1:
        return _spread(rng, count, first, pool, rule)
    if not repeat or later < 1:
        raise DataError(f'{later + 1} frames from frame {first} of {pool} on; expected {count}: choose an earlier frame')
    return _repeated(rng, count, first, pool, rule)


def _spread(rng: np.random.Generator, count: int, first: int, pool: int, rule: SequenceRule) -> tuple[list[int], bool]:
    later = pool - first - 1
    if later == count - 1:
        return list(range(first, pool)), True
    longest = min(rule.max_interval, 2 * later // (count - 1)) if count > 1 else rule.max_interval
    steps = _draw_steps(rng, count - 1, rule.min_interval, longest)
    video = rng.random() < rule.video
    if video and rng.random() < rule.fixed_interval:
        steps = _equal_steps(rng, count - 1, min(later // max(count - 1, 1), longest))
    inside = [position for position in _walk(first, steps) if position < pool]
    unused = sorted(set(range(first + 1, pool)) - set(inside))
    positions = inside + rng.choice(unused, count - len(inside), replace=False).tolist()
    return (sorted(positions) if video else _shuffled(rng, positions, rule.block)), bool(video)


def _repeated(rng: np.random.Generator, count: int, first: int, pool: int, rule: SequenceRule) -> tuple[list[int], bool]:
    distinct = pool - first - 1  # one fewer than there are: so the published sequences were drawn
    start = int(rng.integers(first + 1))
    room = (pool - start - 1) // max(distinct - 1, 1)
    longest = max(min(rule.max_interval, room), 1)
    steps = _draw_steps(rng, distinct - 1, rule.min_interval, longest)
    way, video, fixed = rng.random(), rng.random() < rule.video, rng.random() < rule.fixed_interval
    if video and fixed:
        steps = _equal_steps(rng, distinct - 1, min(room, longest))
    positions = _walk(start, steps)
    if way < _REVISIT or rule.video == 1:
        order = positions if video else rng.permutation(positions).tolist()
        return np.resize(order, count).tolist(), bool(video)
    drawn = rng.choice(positions, count).tolist()
    return (drawn, False) if way < _UNSORTED else (sorted(drawn), True)


def _draw_steps(rng: np.random.Generator, count: int, low: int, high: int) -> list[int]:
    # one after the other: numpy draws other numbers when it draws several at once
    return [int(rng.integers(min(low, high), high + 1)) for _ in range(count)]


def _equal_steps(rng: np.random.Generator, count: int, high: int) -> list[int]:
    return [int(rng.integers(1, max(high, 1) + 1))] * count


def _walk(first: int, steps: Sequence[int]) -> list[int]:
    return np.cumsum([first, *steps]).tolist()


def _shuffled(rng: np.random.Generator, positions: Sequence[int], block: int | None) -> list[int]:
    size = block or len(positions)
    blocks = [rng.permutation(positions[i : i + size]).tolist() for i in range(0, len(positions), size)]
    return [position for part in blocks for position in part]


def draw_connected(
    rng: np.random.Generator, pair: tuple[int, int], partners: Sequence[Sequence[int]], count: int, sources: int
) -> list[int]:
    """``pair`` and further images of a scene, ``count`` in all: each is a partner of one of the first ``sources`` drawn.

    ``partners``: of every image, those that it makes a pair with. Where no partner is left, the images come again.
    """
    drawn = list(pair)
    while len(drawn) < count:
        near = sorted({image for source in drawn[:sources] for image in partners[source]} - set(drawn))
        if not near:
            break
        drawn.append(near[int(rng.integers(len(near)))])
    return np.resize(drawn, count).tolist()


def walk_graph(
    rng: np.random.Generator, graph: Sequence[tuple[np.ndarray, np.ndarray]], start: int, count: int, repeat: bool = False
) -> list[int]:
    """``count`` nodes along a random walk from ``start``; of every node ``graph`` knows its neighbours and their weights.

    No node comes twice: a walk that is stuck goes back until it can go on. With ``repeat`` it may go anywhere again, and what
    it has seen is repeated where that is too little.
    """
    if repeat:
        return _revisiting_walk(rng, graph, start, count)
    visited, trail = [start], [start]
    while len(visited) < count and trail:
        neighbours, weights = graph[trail[-1]]
        new = ~np.isin(neighbours, visited)
        if not new.any():
            trail.pop()
            continue
        trail.append(_drawn(rng, neighbours[new], weights[new]))
        visited.append(trail[-1])
    if len(visited) < count:
        raise DataError(f'only {len(visited)} images can be reached from image {start}; expected {count}')
    return visited


def _revisiting_walk(
    rng: np.random.Generator, graph: Sequence[tuple[np.ndarray, np.ndarray]], start: int, count: int
) -> list[int]:
    path = [start]
    while len(path) < count and len(graph[path[-1]][0]):
        path.append(_drawn(rng, *graph[path[-1]]))
    if len(set(path)) < max(count // 5, 3):
        raise DataError(f'a walk from image {start} sees {len(set(path))} images; expected {max(count // 5, 3)} or more')
    return np.resize(path, count).tolist()


def _drawn(rng: np.random.Generator, nodes: np.ndarray, weights: np.ndarray) -> int:
    return int(rng.choice(nodes, p=weights / weights.sum()))


def draw_batches(
    rng: np.random.Generator,
    samples: int,
    batch_size: int,
    resolutions: int,
    views: tuple[int, int],
    favour_first: bool = True,
) -> np.ndarray:
    """Order of an epoch [samples, 3]: sample, resolution, number of views; the last two are shared by ``batch_size`` rows.

    ``views``: fewest and most, both possible. ``favour_first``: the first half of the resolutions is drawn twice as often.
    """
    order = rng.permutation(samples)
    chunks = -(-samples // batch_size)
    weights = np.ones(resolutions)
    if resolutions > 1:
        weights[: resolutions // 2] *= 2
    weights /= weights.sum()
    # without weights numpy draws other numbers than with equal ones
    resolution = rng.choice(resolutions, chunks, p=weights) if favour_first else rng.integers(resolutions, size=chunks)
    count = np.full(chunks, views[0]) if views[0] == views[1] else rng.integers(views[0], views[1] + 1, chunks)
    return np.column_stack([order, *(np.repeat(column, batch_size)[:samples] for column in (resolution, count))])


def stretched(rng: np.random.Generator, size: int, count: int) -> np.ndarray:
    """``count`` of ``size`` samples: a permutation, from its start again when it is used up."""
    return np.resize(rng.permutation(size), count)
