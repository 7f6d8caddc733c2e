"""What a distilled network is good for: texts find points, masks get names, labels become objects, gaussians get features."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from mmengine.config import Config
from scipy import ndimage
from torch import Tensor

from uniseg3d.datasets.scene_dataset import SceneDataset
from uniseg3d.engine.config import load_config
from uniseg3d.engine.resume import existing_weights
from uniseg3d.geometry.neighbors import PointTree
from uniseg3d.io.arrays import read_bin
from uniseg3d.models.layers.build import as_module
from uniseg3d.models.systems.sas import SAS
from uniseg3d.registry import DATASETS, MODELS
from uniseg3d.structures import MaskSet, Sample, SceneBatch
from uniseg3d.text.text_space import TextSpace
from uniseg3d.utils.errors import ConfigError, DataError
from uniseg3d.utils.weights import apply_weights, load_weights

TOUCHING = np.ones((3, 3, 3), dtype=bool)


class DistilledScenes:
    """The test scenes of a config with the features of its network."""

    def __init__(self, config: str | Path | Config, checkpoint: str | Path) -> None:
        self.config = config if isinstance(config, Config) else load_config(config)
        source = self.config.model.texts
        if isinstance(source, str):
            raise ConfigError(
                'model.texts is a file of class names; texts can be asked for with dict(encoder=...) in its place'
            )
        self.model: SAS = MODELS.build(self.config.model)
        apply_weights(self.model, load_weights(existing_weights(checkpoint)).state_dict)
        self.model.eval()
        self.dataset: SceneDataset = DATASETS.build(self.config.test_dataloader.dataset)
        options = dict(source)
        encoder: Any = as_module(options.pop('encoder'))
        self.texts = TextSpace(encoder, **options)

    def index(self, scene: str) -> int:
        """Place of a scene."""
        ids = self.dataset.scene_ids
        if scene not in ids:
            raise ConfigError(f'scene {scene} is none of the test scenes {ids[0]} to {ids[-1]} of {self.dataset.data_root}')
        return ids.index(scene)

    def sample(self, scene: str) -> Sample:
        """A scene as the network receives it."""
        return self.dataset[self.index(scene)]

    def points(self, scene: str) -> Tensor:
        """Positions [N, 3] of the points of a scene in the frame of its file, which is that of its cameras."""
        info = self.dataset.infos[self.index(scene)]
        path = self.dataset.paths(info)['points']
        if path is None:
            raise DataError(f'scene {scene} has no file of points')
        return torch.from_numpy(read_bin(path, np.float32, columns=6, count=info.num_points)[:, :3])

    @torch.no_grad()
    def features(self, sample: Sample) -> Tensor:
        """Features [N, C] of the points of a scene."""
        return self.model.extract_feat(SceneBatch([sample]))[0]

    def labels(self, features: Tensor, names: Sequence[str]) -> Tensor:
        """Which of ``names`` fits each of ``features`` [N, C] best, [N]."""
        fits = torch.einsum('nc,kpc->nkp', F.normalize(features, dim=1), self.texts.classes(names))
        return fits.amax(2).argmax(1)

    def ask(self, sample: Sample, texts: Sequence[str]) -> Tensor:
        """How well each point fits each text, cosines [T, N]."""
        if not texts:
            return torch.zeros(0, len(sample.scene))
        return self.texts.sentences(texts) @ F.normalize(self.features(sample), dim=1).T


def classify_masks(features: Tensor, masks: Tensor, texts: Tensor, temperature: float = 0.05) -> Tensor:
    """Probabilities [n, K] of the classes of ``masks`` [n, N] bool by the mean direction of their points.

    ``features`` [N, C]; ``texts`` [K, P, C]. An empty mask is of all classes alike. With this distilled features take the place
    of a head that was taught class embeddings.
    """
    directions = F.normalize((masks.to(features) @ F.normalize(features, dim=1)), dim=1)
    fits = torch.einsum('nc,kpc->nkp', directions, texts.to(features)).amax(2)
    return (fits / temperature).softmax(1)


def group_instances(xyz: np.ndarray, labels: np.ndarray, things: Sequence[int], cell: float = 0.1, least: int = 100) -> MaskSet:
    """Objects: points of one class of ``things`` whose cells of ``cell`` metres touch, if there are at least ``least`` of them.

    ``xyz`` [N, 3], ``labels`` [N]; masks are over points, scores are shares of the largest object of the class.
    """
    if len(xyz) != len(labels) or not len(xyz):
        raise DataError(f'{len(labels)} labels for {len(xyz)} points; expected one for each, and one point at least')
    cells = np.floor((xyz - xyz.min(0)) / cell).astype(np.int64)
    found = [(thing, mask) for thing in things for mask in _touching(cells, labels == thing, least)]
    sizes = np.array([mask.sum() for _, mask in found], dtype=np.float32)
    order = np.argsort(-sizes, kind='stable')
    masks = np.array([found[i][1] for i in order], dtype=bool).reshape(-1, len(xyz))
    kinds = np.array([found[i][0] for i in order], dtype=np.int64)
    scores = sizes[order] / max(sizes.max(initial=1.0), 1.0)
    return MaskSet(torch.from_numpy(masks), torch.from_numpy(scores), torch.from_numpy(kinds))


def _touching(cells: np.ndarray, own: np.ndarray, least: int) -> list[np.ndarray]:
    """Masks [N] of the connected parts of some points."""
    if not own.any():
        return []
    low, high = cells[own].min(0), cells[own].max(0)
    grid = np.zeros(high - low + 1, dtype=bool)
    places = tuple((cells[own] - low).T)
    grid[places] = True
    part = np.zeros(len(own), dtype=np.int64)
    part[own] = ndimage.label(grid, TOUCHING)[0][places]
    counts = np.bincount(part)
    return [part == number for number in np.flatnonzero(counts >= least) if number]


def features_at(centres: Tensor, xyz: Tensor, features: Tensor, reach: float = 0.1) -> tuple[Tensor, Tensor]:
    """Features [G, C] of other places, such as the centres of gaussians [G, 3], from the nearest points; and which are near."""
    if not len(centres):
        return features[:0], torch.zeros(0, dtype=torch.bool)
    distance, nearest = PointTree(xyz).nearest(centres)
    near = distance <= reach
    return features[nearest] * near[:, None].to(features), near
