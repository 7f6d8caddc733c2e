"""Training sequences of images that see the same places, by the lists that data sets keep of such images.

Each class here is one way to draw: ``starts`` are the numbers of the sequences that a scene holds, ``draw`` is one of them.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np

from uniseg3d.datasets.sequence_sampler import SequenceRule, draw_sequence, least_frames, walk_graph
from uniseg3d.datasets.views.covisible_files import groups_of, overlap_graph, sets_of

_BY_TIME = 0.5  # of ARKitScenes' sequences are drawn by time, the others from a group
_COMPLETED = 0.8  # of groups that are too small are drawn from with replacement, the others repeated
_OTHER_SENSOR = 0.7  # of ScanNet++'s sequences come from the other sensor than that of the group's first image
_IN_ORDER = 0.75  # up to here, images of a group of ScanNet++ keep their order


@dataclass(frozen=True)
class Wish:
    """A sequence to be drawn."""

    folder: Path  # of the scene
    names: list[str]  # of its frames in the order of time
    start: int  # one of ``starts``
    count: int
    rule: SequenceRule
    repeat: bool = False  # frames may come several times


class Covisible(Protocol):
    """A way to draw sequences."""

    def starts(self, folder: Path, least: int) -> list[int]:
        """Numbers of the sequences that start in a scene, with at least so many different images each."""

    def draw(self, rng: np.random.Generator, wish: Wish) -> list[str]:
        """Names of frames."""


class GroupsInTime:
    """ARKitScenes: half of the sequences go on from the first image of a group, the others are its images in any order."""

    def __init__(self, file: str) -> None:
        self.file = file

    def starts(self, folder: Path, least: int) -> list[int]:
        """Groups that are large enough."""
        return [number for number, group in enumerate(groups_of(folder / self.file)) if len(group) >= least]

    def draw(self, rng: np.random.Generator, wish: Wish) -> list[str]:
        """Frames after the first image of a group, or images of the group."""
        group = groups_of(wish.folder / self.file)[wish.start]
        if rng.random() < _BY_TIME:
            return in_time(rng, wish, wish.names, wish.names.index(group[0]))
        mixed = rng.permutation(group).tolist()
        if len(mixed) < wish.count and rng.random() < _COMPLETED:
            return mixed + rng.choice(mixed, wish.count - len(mixed)).tolist()
        return np.resize(mixed, wish.count).tolist()


class GroupsAcrossSensors(GroupsInTime):
    """ScanNet++: a video of the sensor that a group's first image is not from, else some of the group's images."""

    def draw(self, rng: np.random.Generator, wish: Wish) -> list[str]:
        """Names of frames of one sensor, or of a group."""
        group, share = groups_of(wish.folder / self.file)[wish.start], rng.random()
        others = [name for name in wish.names if is_photo(name) != is_photo(group[0])]
        if share < _OTHER_SENSOR and len(others) >= wish.count:
            return in_time(rng, wish, others, int(rng.integers(len(others) - wish.count + 1)))
        first = sorted(group, key=wish.names.index)[: int(wish.count * (2 + 2 * rng.random()))]
        chosen = np.sort(rng.choice(len(first), wish.count, replace=len(first) < wish.count))
        order = chosen if share <= _IN_ORDER else rng.permutation(chosen)
        return [first[place] for place in order]


class OverlapWalk:
    """BlendedMVS: from an image to one that sees part of the same, the likelier the more they share."""

    def __init__(self, file: str) -> None:
        self.file = file

    def starts(self, folder: Path, least: int) -> list[int]:
        """Images that overlap with others."""
        _, graph = overlap_graph(folder.parent / self.file, folder.name)
        return [place for place, (others, _) in enumerate(graph) if len(others)] if len(graph) >= least else []

    def draw(self, rng: np.random.Generator, wish: Wish) -> list[str]:
        """Images along a walk."""
        names, graph = overlap_graph(wish.folder.parent / self.file, wish.folder.name)
        return [names[place] for place in walk_graph(rng, graph, wish.start, wish.count, wish.repeat)]


class ListedSets:
    """MegaDepth: some of the 64 images of a set."""

    def __init__(self, file: str) -> None:
        self.file = file

    def starts(self, folder: Path, least: int) -> list[int]:
        """Sets of the scene."""
        return [number for number, images in enumerate(self._sets(folder)) if len(images) >= least]

    def draw(self, rng: np.random.Generator, wish: Wish) -> list[str]:
        """Any images of a set, the same several times only if that is allowed."""
        return rng.choice(self._sets(wish.folder)[wish.start], wish.count, replace=wish.repeat).tolist()

    def _sets(self, folder: Path) -> list[list[str]]:
        return _sets_by_scene(folder.parents[1] / self.file).get(f'{folder.parent.name} {folder.name}', [])


@lru_cache(maxsize=4)
def _sets_by_scene(path: Path) -> dict[str, list[list[str]]]:
    return sets_of(path)


def in_time(rng: np.random.Generator, wish: Wish, names: list[str], first: int) -> list[str]:
    """Frames from ``first`` on by the rule; from an earlier one where too few follow."""
    first = max(min(first, len(names) - least_frames(wish.count, wish.repeat)), 0)
    order, _ = draw_sequence(rng, wish.count, first, len(names), wish.rule, wish.repeat)
    return [names[place] for place in order]


def is_photo(name: str) -> bool:
    """Whether an image of ScanNet++ is from the camera, and not from the phone."""
    return name.startswith('DSC')
