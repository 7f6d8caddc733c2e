"""Scenes of a prepared data set for an :class:`ObjectNamer`, and how well it names them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.config import Config

from uniseg3d.apis.crop_experts import FRAMES
from uniseg3d.apis.open_vocabulary import NamingOptions, ObjectNamer, SceneObjects
from uniseg3d.datasets.scene_dataset import SceneDataset
from uniseg3d.engine.config import load_config
from uniseg3d.engine.resume import existing_weights
from uniseg3d.evaluation import UnifiedMetric
from uniseg3d.io.arrays import read_bin
from uniseg3d.io.frames import read_views
from uniseg3d.priors.clip_expert import ClipExpert
from uniseg3d.priors.crop_expert import load_crop_expert
from uniseg3d.priors.experts import ImageTextExpert
from uniseg3d.priors.object_looks import PhotoWitness
from uniseg3d.registry import DATASETS, MODELS
from uniseg3d.structures import Prediction, Sample, SceneBatch
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import ConfigError, DataError
from uniseg3d.utils.progress import track
from uniseg3d.utils.weights import apply_weights, load_weights


def load_expert(path: str | Path, tower: str | None = None) -> ImageTextExpert:
    """An expert for photos: a file of ``train_crop_expert``, or of the open_clip model that ``tower`` names."""
    return load_crop_expert(path) if tower is None else ClipExpert(tower, path)


def load_namer(
    config: str | Path | Config,
    checkpoint: str | Path,
    expert: ImageTextExpert | None = None,
    vocabulary: Sequence[str] | None = None,
    options: NamingOptions | None = None,
) -> ObjectNamer:
    """Namer with the model of a config and its weights.

    Without a ``vocabulary`` it is that of the expert, or, without one, the class list of the config.
    """
    config = config if isinstance(config, Config) else load_config(config)
    model: Any = MODELS.build(config.model)
    apply_weights(model, load_weights(existing_weights(checkpoint)).state_dict)
    listed, model.names = config.model.get('names'), None
    if vocabulary is None and expert is None and isinstance(listed, str):
        vocabulary = class_list(listed).names
    return ObjectNamer(model, expert, vocabulary, options)


class NamedScenes:
    """The test scenes of a config, beside the photos that were taken of them."""

    def __init__(self, config: str | Path | Config, frames: str | Path | None = None, every: int = 1) -> None:
        """``frames``: folder with the frames of each scene; None = ``frames`` in the folder of the data set."""
        config = config if isinstance(config, Config) else load_config(config)
        self.dataset: SceneDataset = DATASETS.build(config.test_dataloader.dataset)
        self.frames = self.dataset.data_root / FRAMES if frames is None else Path(frames)
        self.every = every

    def __len__(self) -> int:
        return len(self.dataset)

    def index(self, scene: str) -> int:
        """Place of a scene."""
        ids = self.dataset.scene_ids
        if scene not in ids:
            raise ConfigError(f'scene {scene} is none of the test scenes {ids[0]} to {ids[-1]} of {self.dataset.data_root}')
        return ids.index(scene)

    def sample(self, index: int) -> Sample:
        """The scene as networks receive it."""
        return self.dataset[index]

    def witness(self, sample: Sample) -> PhotoWitness:
        """The photos of a scene, whose cameras stand in the frame of its file."""
        info = self.dataset.infos[self.index(sample.scene.scene_id)]
        path = self.dataset.paths(info)['points']
        if path is None:
            raise DataError(f'scene {info.scene_id} has no file of points')
        points = torch.from_numpy(read_bin(path, np.float32, columns=6, count=info.num_points)[:, :3])
        if sample.scene.rows is not None:
            points = points[sample.scene.rows]
        views = read_views(self.frames / info.scene_id, self.every)
        return PhotoWitness(views, points, sample.superpoints.ids)

    def look(self, namer: ObjectNamer, index: int) -> SceneObjects:
        """Objects of a scene, by whatever evidence the namer uses."""
        sample = self.sample(index)
        return namer.look(sample, None if namer.options.evidence == 'network' else self.witness(sample))

    def seen(self, namer: ObjectNamer) -> Iterator[SceneObjects]:
        """Objects of one scene after the other."""
        for index in track(range(len(self)), 'scenes'):
            yield self.look(namer, index)


def with_evidence(namer: ObjectNamer, evidence: str) -> ObjectNamer:
    """The same namer, who asks other witnesses about objects that were seen by all."""
    return ObjectNamer(namer.model, namer.expert, namer.vocabulary, replace(namer.options, evidence=evidence))


def score_names(
    scenes: NamedScenes, namer: ObjectNamer, names: str, evidence: Sequence[str] | None = None, min_points: int = 100
) -> dict[str, dict[str, float]]:
    """Average precision of the names of a class list (a file or a known list), by each kind of evidence.

    Objects count under the name that the data set gives them, over all names and over each group of the list: base and
    novel, head, common and tail. Objects and masks of fewer than ``min_points`` points are not counted.
    """
    namers = {kind: with_evidence(namer, kind) for kind in evidence or (namer.options.evidence,)}
    metrics = {kind: UnifiedMetric(tasks=['open vocabulary'], names=names, min_points=min_points) for kind in namers}
    listed = class_list(names).names
    for objects in scenes.seen(namer):
        for kind, one in namers.items():
            prediction = Prediction(objects.sample.scene.scene_id, objects.sample.superpoints, named=one.rank(objects, listed))
            metrics[kind].process({'batch': SceneBatch([objects.sample])}, [prediction])
    return {kind: metric.evaluate(len(scenes)) for kind, metric in metrics.items()}
