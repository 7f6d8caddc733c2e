"""Sequences of posed views for training and tests."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from uniseg3d.datasets.record_list import RecordList
from uniseg3d.datasets.sequence_sampler import SequenceRule, draw_sequence, least_frames
from uniseg3d.datasets.views.covisible import Wish
from uniseg3d.datasets.views.reader import PosedView, ViewReader
from uniseg3d.geometry.view_crop import crop_view
from uniseg3d.registry import DATASETS, TRANSFORMS
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.utils.errors import ConfigError, DataError, UniSeg3DError
from uniseg3d.utils.seeding import sample_rng

SampleKey = int | tuple[int, int, int]  # index, or index with resolution and number of views, as ViewSampler draws them
_TRIES = 10  # sequences without any depth before a scene counts as broken


@DATASETS.register_module()
class ViewSequenceDataset(Dataset[ViewBatch]):
    """Every frame that enough frames follow starts a sequence, whose others are drawn by a rule.

    A sample depends on (seed, epoch, key) only, in ``test_mode`` not even on the epoch.

    Args:
        data_root: folder of the data set.
        layout: name of its layout.
        pipeline: configs of transforms; the last one returns a :class:`ViewBatch` of one sequence.
        split: as the data set calls its parts.
        views: frames per sequence where the sampler does not say.
        resolutions: image sizes (width, height); the sampler chooses by position, else the first is used.
        rule: fields of :class:`SequenceRule` in place of the layout's.
        repeat_frames: show frames several times where a scene has few.
        mask_objects: probability of keeping the depth of the object alone, where the data set knows it.
        start_every: only every such frame starts a sequence; for tests.
        whole_scenes: each scene is one sequence of every such frame, in order; for benchmarks. Of a scene of fewer than twice
            as many frames it is two or three. 0: draw sequences.
        repeat: how often an epoch shows each start, each time with other random numbers.
        limit: use the first scenes only; for quick looks.
        labels: also read class and instance of every pixel.
        keep: remember every frame once it is read, cut to the first of the ``resolutions``; for small sets of small images.
    """

    def __init__(
        self,
        data_root: str,
        layout: str,
        pipeline: Sequence[Mapping[str, Any]],
        split: str = 'train',
        views: int = 2,
        resolutions: Sequence[tuple[int, int]] = ((512, 384),),
        rule: Mapping[str, Any] | None = None,
        repeat_frames: bool = False,
        mask_objects: float = 0.0,
        start_every: int = 1,
        whole_scenes: int = 0,
        repeat: int = 1,
        seed: int = 0,
        test_mode: bool = False,
        limit: int | None = None,
        labels: bool = False,
        keep: bool = False,
    ) -> None:
        if min(views, start_every, repeat) < 1 or not resolutions:
            raise ConfigError('ViewSequenceDataset: views, start_every and repeat must be at least 1, and resolutions named')
        self.data_root = data_root
        self.reader = ViewReader(data_root, layout, split, limit, labels)
        self.rule = SequenceRule(**rule) if rule else self.reader.layout.rule
        self.views, self.repeat_frames, self.mask_objects = views, repeat_frames, mask_objects
        self.resolutions = [(width, height) for width, height in resolutions]
        self.seed, self.test_mode = seed, test_mode
        self.repeat = repeat if test_mode else repeat * self.reader.layout.repeat
        self.pipeline = [TRANSFORMS.build(transform) for transform in pipeline]
        self.names = RecordList([self.reader.names(scene) for scene in self.reader.scenes])
        self.kept: dict[tuple[str, str, bool], PosedView] | None = {} if keep else None
        self.whole_scenes = whole_scenes
        self.starts = self._starts(start_every)
        self._epoch = torch.zeros(1, dtype=torch.int64).share_memory_()  # shared: persistent workers hold copies of self

    def _starts(self, every: int) -> np.ndarray:
        """Scene and first frame of every sequence [S, 2]."""
        if self.whole_scenes:
            return np.array([(scene, 0) for scene, names in enumerate(self.names) if names], np.int64).reshape(-1, 2)
        needed = least_frames(self.views, self.repeat_frames)
        firsts = [self._starts_in(scene, needed)[::every] for scene in range(len(self.names))]
        starts = np.array([(scene, first) for scene, found in enumerate(firsts) for first in found], np.int64)
        if not len(starts):
            raise DataError(f'no scene in {self.data_root} has the {needed} frames that a sequence needs')
        return starts.reshape(-1, 2)

    def _starts_in(self, scene: int, needed: int) -> Sequence[int]:
        layout, names = self.reader.layout, self.names[scene]
        if layout.covisible is not None:
            return layout.covisible.starts(Path(self.data_root) / self.reader.scenes[scene], needed)
        ends = np.cumsum([len(track) for track in self._tracks(names)]).tolist()  # of one after the other
        return [first for start, end in pairwise([0, *ends]) for first in range(start, end - needed + 1)]

    def _tracks(self, names: list[str]) -> list[list[str]]:
        """Frames of a scene camera by camera, where several took it."""
        camera = self.reader.layout.track
        return [names] if camera is None else [list(found) for _, found in groupby(names, camera)]

    @property
    def metainfo(self) -> dict[str, Any]:
        """Nothing that a picture or a metric would need."""
        return {}

    def set_epoch(self, epoch: int) -> None:
        """Choose the random numbers of the samples to come."""
        self._epoch.fill_(epoch)

    def __len__(self) -> int:
        return len(self.starts) * self.repeat

    def __getitem__(self, key: SampleKey) -> ViewBatch:
        index, resolution, views = key if isinstance(key, tuple) else (key, 0, self.views)
        if not -len(self) <= index < len(self):
            raise IndexError(f'sample {index} of {len(self)}')
        index %= len(self)
        scene, first = self.starts[index % len(self.starts)]
        name = self.reader.scenes[scene]
        rng = sample_rng(self.seed, 0 if self.test_mode else int(self._epoch), index)
        try:
            return self._run(
                {
                    'scene_id': self._sequence_name(name, first),
                    'views': self._sequence(name, scene, first, views, rng),
                    'is_metric': self.reader.layout.metric,
                    'classes': self.reader.classes(name),
                    'resolution': self.resolutions[resolution],
                    'rng': rng,
                }
            )
        except UniSeg3DError as error:
            raise type(error)(f'scene {name}: {error}') from error

    def _sequence(self, name: str, scene: int, first: int, count: int, rng: np.random.Generator) -> list[PosedView]:
        """Frames of which at least one has depth."""
        if self.whole_scenes:
            frames = self.names[scene]
            return [self._read(name, frame) for frame in frames[:: min(self.whole_scenes, max(len(frames) // 2, 1))]]
        layout = self.reader.layout
        frames, first, rule = self._pool(self.names[scene], first)
        for attempt in range(_TRIES):
            if 2 * attempt >= _TRIES and layout.covisible is None:
                first = int(rng.integers(max(len(frames) - count, 0) + 1))  # a camera that ran into a wall stays there long
            wish = Wish(Path(self.data_root) / name, frames, first, count, rule, self.repeat_frames)
            drawn = self._by_rule(rng, wish) if layout.covisible is None else layout.covisible.draw(rng, wish)
            masked = bool(self.mask_objects) and rng.random() < self.mask_objects
            views = [self._read(name, frame, masked) for frame in drawn]
            if layout.depth is None or any((view.view.maps['depth'] > 0).any() for view in views):
                return views
        raise DataError(f'no depth in {_TRIES} sequences that begin at number {first} of {len(frames)}; leave this scene out')

    def _pool(self, frames: list[str], first: int) -> tuple[list[str], int, SequenceRule]:
        """The frames that a sequence is drawn from, the place of its first one among them, and the rule."""
        layout = self.reader.layout
        if layout.track is None or layout.covisible is not None:
            return frames, first, self.rule
        camera, name = layout.track(frames[first]), frames[first]
        pool = [frame for frame in frames if layout.track(frame) == camera]
        rule = layout.track_rules.get(camera, self.rule) if self.rule is layout.rule else self.rule
        return pool, pool.index(name), rule

    def _by_rule(self, rng: np.random.Generator, wish: Wish) -> list[str]:
        order, _ = draw_sequence(rng, wish.count, wish.start, len(wish.names), wish.rule, wish.repeat)
        return [wish.names[position] for position in (order[::-1] if self.reader.layout.reverse else order)]

    def _read(self, scene: str, frame: str, masked: bool = False) -> PosedView:
        if self.kept is None:
            return self.reader.read(scene, frame, masked)
        key = (scene, frame, masked)
        if key not in self.kept:
            posed = self.reader.read(scene, frame, masked)
            self.kept[key] = replace(posed, view=crop_view(posed.view, self.resolutions[0]))
        return replace(self.kept[key], view=replace(self.kept[key].view))  # transforms may put other maps into theirs

    def _run(self, sample: Any) -> ViewBatch:
        for transform in self.pipeline:
            sample = transform(sample)
        return sample

    def _sequence_name(self, scene: str, first: int) -> str:
        """A name for files; all folders count, for the last one may occur in several, as seq-01 does in 7-Scenes."""
        name = scene.removeprefix(self.reader.layout.above).replace('/', '_')
        return name if self.whole_scenes else f'{name}-{first}'
