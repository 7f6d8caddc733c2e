"""Sequences between two views that show in part the same, by a table of the overlap of all frames of a scene."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from uniseg3d.datasets.views.dataset import SampleKey, ViewSequenceDataset
from uniseg3d.datasets.views.reader import PosedView
from uniseg3d.datasets.views.sentences import SceneSentences, read_sentences
from uniseg3d.geometry.spread import spread
from uniseg3d.io.fields import Fields
from uniseg3d.registry import DATASETS
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.utils.errors import ConfigError, DataError, FileFormatError
from uniseg3d.utils.files import read_json
from uniseg3d.utils.seeding import sample_rng
from uniseg3d.utils.torch_files import read_torch_file

TABLE = 'iou.pt'  # in the folder of every scene: overlap of any two frames, by their numbers
TRIES = 100


@DATASETS.register_module()
class ViewOverlapDataset(ViewSequenceDataset):
    """A frame, a later one that shows part of what it shows, and frames between them, in the order of time.

    Every scene is one sample of an epoch (``repeat`` makes it several), whose frames are drawn anew each time. With
    ``pair_list`` the samples are those of a file instead. Of a sequence the views at evenly spread places, the first and
    the last among them, are those that a network is to see.

    Args:
        gap: fewest and most frames from the first view to the last.
        overlap: of these two, at least and at most, both exclusive.
        pair_list: JSON file below ``data_root``: records of ``scan``, ``context_ids`` and ``target_ids``.
        sentences: JSON file below ``data_root`` with sentences about objects, see ``sentences.py``; a sample has one about
            each object that its first or last view shows.
        views: views per sequence, where the sampler does not say; sequences of a list are as long as it says.
    """

    def __init__(
        self,
        *args: Any,
        gap: tuple[int, int] = (10, 100),
        overlap: tuple[float, float] = (0.3, 0.8),
        pair_list: str | None = None,
        sentences: str | None = None,
        views: int = 4,
        **kwargs: Any,
    ) -> None:
        if not 1 <= gap[0] <= gap[1] or not overlap[0] < overlap[1]:
            raise ConfigError(f'gap {gap} and overlap {overlap} must be from less to more, the gap from 1 on')
        self.gap, self.overlap, self.pair_list = gap, overlap, pair_list
        self.pairs: list[tuple[str, list[str], list[str]]] = []
        super().__init__(*args, views=views, **kwargs)  # type: ignore[misc]
        self.sentences = None if sentences is None else read_sentences(Path(self.data_root) / sentences)

    def __getitem__(self, key: SampleKey) -> ViewBatch:
        batch = super().__getitem__(key)
        if self.sentences is not None:
            index = (key[0] if isinstance(key, tuple) else key) % len(self)
            scene = self.reader.scenes[self.starts[index % len(self.starts)][0]].rsplit('/', 1)[-1]
            rng = sample_rng(self.seed + 1, 0 if self.test_mode else int(self._epoch), index)
            known, frames = self.sentences.get(scene, SceneSentences({}, {})), batch.names[0]
            texts, objects = known.draw([frames[0], frames[-1]], rng)
            batch.texts, batch.text_objects = [texts], [objects]
        return batch

    def _starts(self, every: int) -> np.ndarray:
        """Scene and place in the list of every sample [S, 2]."""
        places = {scene.rsplit('/', 1)[-1]: number for number, scene in enumerate(self.reader.scenes)}
        if self.pair_list is None:
            return np.array([(number, 0) for number in places.values()], np.int64).reshape(-1, 2)
        self.pairs = read_pairs(Path(self.data_root) / self.pair_list)
        rows = [(places[pair[0]], place) for place, pair in enumerate(self.pairs) if pair[0] in places][::every]
        if not rows:
            raise DataError(f'{self.pair_list} names no scene of {self.data_root}; check the split and the list')
        return np.array(rows, np.int64)

    def _sequence(self, name: str, scene: int, first: int, count: int, rng: np.random.Generator) -> list[PosedView]:
        """The views of the pair numbered ``first``, or ``count`` that are drawn."""
        if self.pair_list is not None:
            frames = interleaved(*self.pairs[first][1:])
        else:
            table = overlaps(Path(self.data_root) / name / TABLE)
            frames = draw_between(rng, self.names[scene], table, count, self.gap, self.overlap)
        return [self._read(name, frame) for frame in frames]


def draw_between(
    rng: np.random.Generator,
    frames: Sequence[str],
    table: np.ndarray,
    count: int,
    gap: tuple[int, int],
    overlap: tuple[float, float],
) -> list[str]:
    """``count`` of the ``frames``, whose names are their numbers in the ``table`` [F, F], in their order."""
    numbers = np.array([int(frame) for frame in frames])
    for _ in range(TRIES):
        first = int(rng.integers(len(frames)))
        later = np.arange(first + gap[0], min(first + gap[1] + 1, len(frames)))
        shared = table[numbers[first], numbers[later]]
        fitting = later[(shared > overlap[0]) & (shared < overlap[1]) & (later - first >= count - 1)]
        if len(fitting):
            last = int(rng.choice(fitting))
            between = np.sort(rng.choice(np.arange(first + 1, last), count - 2, replace=False))
            return [frames[place] for place in (first, *between.tolist(), last)]
    raise DataError(
        f'no two of {len(frames)} frames, {gap[0]} to {gap[1]} apart, overlap by {overlap[0]} to {overlap[1]}; '
        'leave this scene out, or allow more'
    )


def interleaved(contexts: Sequence[str], others: Sequence[str]) -> list[str]:
    """All frames once, ``contexts`` at evenly spread places with the ends among them, the ``others`` between."""
    rest = iter([frame for frame in dict.fromkeys(others) if frame not in contexts])
    places = dict(zip(spread(len({*contexts, *others}), len(contexts)), contexts, strict=True))
    return [places[place] if place in places else next(rest) for place in range(len({*contexts, *others}))]


@lru_cache(maxsize=512)
def overlaps(path: Path) -> np.ndarray:
    """The table of a scene [F, F]."""
    table = read_torch_file(path)
    if not isinstance(table, Tensor) or table.ndim != 2 or table.shape[0] != table.shape[1]:
        raise FileFormatError(f'{path}: expected a square table of overlaps')
    return table.float().numpy()


def read_pairs(path: Path) -> list[tuple[str, list[str], list[str]]]:
    """Scene, names of the context frames and of the target frames, in the order of the file."""
    records = [Fields(record, str(path)) for record in read_json(path, 'write it again')]
    return [(r.text('scan'), _names(r, 'context_ids'), _names(r, 'target_ids')) for r in records]


def _names(record: Fields, key: str) -> list[str]:
    numbers = record.sequence(key)
    if not all(isinstance(number, int) for number in numbers):
        raise record.wrong(key, 'numbers of frames', numbers)
    return [str(number) for number in numbers]
