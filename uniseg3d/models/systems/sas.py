"""SAS and OpenScene: a 3D network that speaks the language of 2D experts; no label is ever seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from mmengine.model import BaseModel
from torch import Tensor, nn

from uniseg3d.geometry.hashed_voxels import HashedVoxels, hashed_voxels, voxel_transform
from uniseg3d.geometry.neighbors import PointTree
from uniseg3d.models.criteria.point_distillation import (
    class_terms,
    feature_terms,
    point_terms,
    superpoint_labels,
    thinned,
)
from uniseg3d.models.encoders.minkunet import remap_keys
from uniseg3d.models.layers.build import as_module
from uniseg3d.models.layers.preprocessor import ScenePreprocessor
from uniseg3d.models.postprocess.zero_shot import surer_features
from uniseg3d.models.systems.sas_history import FeatureHistory
from uniseg3d.ops.scatter import segment_mean
from uniseg3d.ops.sparse import SparseTensor
from uniseg3d.registry import MODELS
from uniseg3d.structures import Sample, SceneBatch
from uniseg3d.structures.lifted_sample import LiftedSample, ZeroShotPrediction
from uniseg3d.structures.point_features import PointFeatures
from uniseg3d.text.class_files import read_class_embeddings
from uniseg3d.text.class_lists import class_list
from uniseg3d.text.text_space import TextSpace
from uniseg3d.utils.errors import ConfigError, DataError

KINDS = ('network', 'frames', 'both', 'nearest')
BEGINNINGS = ('network', 'both')
ORIGINAL = 'net3d.'


@dataclass(frozen=True, eq=False)
class _VoxelScene:
    """One scene on its voxels, with what the network said there."""

    sample: Sample
    voxels: HashedVoxels
    features: Tensor  # [V, C]

    @property
    def superpoint(self) -> Tensor:
        """Superpoint of each voxel [V]: that of the point that stands for it."""
        return self.sample.superpoints.ids[self.voxels.representative]

    @property
    def of_points(self) -> Tensor:
        """Features [N, C] of the points."""
        return self.features[self.voxels.point_to_voxel]


@MODELS.register_module()
class SAS(BaseModel):
    """A sparse network whose features are matched with texts.

    Args:
        network: SparseTensor to SparseTensor with the channels of the texts; or scenes to features of superpoints
            (:class:`SuperpointFeatures`), which then take the place of voxels everywhere.
        texts: file of class embeddings, or dict(encoder=..., template=...) for :class:`TextSpace`.
        classes: class list that predictions choose from; not needed to learn in the first stage.
        stage: 1 learns lifted features, 2 learns from the running average of its own (``history``).
        loss: 'superpoints' as SAS; 'cosine' or 'l1' of single points as OpenScene. First stage only.
        voxel_size: metres.
        limit: voxels of a scene that are learned from in one step, drawn at random; None = all.
        history: options of :class:`FeatureHistory`. Second stage only.
        begin_with: what running averages begin with. 'network': what it says, as published; 'both': the surer of that and the
            lifted features, so that what the experts know is not only what the first stage made of it.
        repeats: how often a test looks, each time turned and scaled otherwise; 0 looks once at the scene as it is.
        constant_input: give the network ones instead of the points' features, as the published weights expect.
        pool_scenes: average losses over all voxels of a batch as the published program does, not over scenes.
        kinds: evidence that classes are predicted from, of ``KINDS``; the first one is the prediction proper. 'frames': the
            lifted features; 'both': the surer of both; 'nearest': the lifted feature of the nearest point that has one.
    """

    def __init__(
        self,
        network: nn.Module | dict[str, Any],
        texts: str | Mapping[str, Any],
        classes: str = 'scannet20',
        stage: int = 1,
        loss: str = 'superpoints',
        voxel_size: float = 0.02,
        limit: int | None = 20000,
        history: Mapping[str, Any] | None = None,
        begin_with: str = 'network',
        repeats: int = 0,
        constant_input: bool = False,
        pool_scenes: bool = False,
        kinds: Sequence[str] = KINDS[:3],
    ) -> None:
        super().__init__(data_preprocessor=ScenePreprocessor())
        if stage not in (1, 2) or (stage == 2) != (history is not None):
            raise ConfigError(f'SAS: stage 1 has no history and stage 2 needs one; got stage {stage} and history {history}')
        if not kinds or not set(kinds) <= set(KINDS) or loss not in ('superpoints', 'cosine', 'l1'):
            raise ConfigError(f'SAS: kinds are of {KINDS} and loss is superpoints, cosine or l1; got {kinds} and {loss}')
        if begin_with not in BEGINNINGS:
            raise ConfigError(f'SAS: running averages begin with one of {", ".join(BEGINNINGS)}; got {begin_with}')
        self.network = as_module(network)
        self.names, self.stage, self.loss_kind = class_list(classes).names, stage, loss
        self.voxel_size, self.limit, self.repeats = voxel_size, limit, repeats
        self.constant_input, self.pool_scenes, self.kinds = constant_input, pool_scenes, tuple(kinds)
        self.history = None if history is None else FeatureHistory(**history)
        self.begin_with = begin_with
        self._texts_from = texts
        self._texts: Tensor | None = None
        self.register_load_state_dict_pre_hook(_rename_original)

    @property
    def texts(self) -> Tensor:
        """Directions of the classes and their synonyms [K, P, C]."""
        if self._texts is None:
            self._texts = _read_texts(self._texts_from, self.names)
        texts = self._texts.to(next(self.parameters()).device)
        self._texts = texts
        return texts

    def set_texts(self, texts: Tensor) -> None:
        """Predict other classes: directions [K, P, C]."""
        self._texts = texts

    def forward(self, batch: SceneBatch, mode: str = 'tensor') -> Any:
        """mmengine's entrance: ``mode`` is 'tensor' (features of points), 'loss' (dict of terms) or 'predict'."""
        verbs: dict[str, Any] = {'tensor': self.extract_feat, 'loss': self.loss, 'predict': self.predict}
        if mode not in verbs:
            raise ConfigError(f'mode {mode!r} is unknown; expected one of {", ".join(verbs)}')
        return verbs[mode](batch)

    def extract_feat(self, batch: SceneBatch, generator: torch.Generator | None = None) -> list[Tensor]:
        """Features of the points of every scene [N, C]; a ``generator`` turns and scales the scenes first."""
        return [scene.of_points for scene in self._forward(batch, generator)]

    def _forward(self, batch: SceneBatch, generator: torch.Generator | None = None) -> list[_VoxelScene]:
        if getattr(self.network, 'of_superpoints', False):
            of_scenes = self.network(batch).split(batch.superpoint_counts)
            return [_VoxelScene(sample, _superpoint_cells(sample), part) for sample, part in zip(batch, of_scenes, strict=True)]
        voxels = [self._voxels(sample, generator) for sample in batch]
        cells = [torch.cat([v.cells.new_full((len(v), 1), i), v.cells], 1) for i, v in enumerate(voxels)]
        inputs = [s.scene.features[v.representative] for s, v in zip(batch, voxels, strict=True)]
        rows = torch.cat(cells).int()  # [V, 4]
        values = torch.cat(inputs)
        values = torch.ones_like(values) if self.constant_input else values
        shape = [int(size) + 1 for size in rows[:, 1:].amax(0)]
        features = self.network(SparseTensor.from_coords(values, rows, shape, len(batch))).features  # [V, C]
        parts = features.split([len(v) for v in voxels])
        return [_VoxelScene(*scene) for scene in zip(batch, voxels, parts, strict=True)]

    def _voxels(self, sample: Sample, generator: torch.Generator | None) -> HashedVoxels:
        scene = sample.scene
        if scene.voxel_coords is not None:
            return hashed_voxels(scene.voxel_coords, torch.eye(4, dtype=torch.float64, device=scene.xyz.device))
        return hashed_voxels(scene.xyz, voxel_transform(self.voxel_size, generator).to(scene.xyz.device))

    def loss(self, batch: SceneBatch) -> dict[str, Tensor]:
        """Terms ``loss_point`` and ``loss_superpoint`` (the plain losses have only the first), means over scenes."""
        scenes = self._forward(batch)
        rows = [self._lesson(scene) for scene in scenes]
        if self.pool_scenes:
            rows = [_pooled(rows)]
        terms = [self._terms(*row) for row in rows]
        return {f'loss_{name}': torch.stack([term[name] for term in terms]).mean() for name in terms[0]}

    def _lesson(self, scene: _VoxelScene) -> tuple[Tensor, Tensor, Tensor]:
        """Features [v, C], what they should be, features [v, C] or classes [v], and superpoints [v] of some voxels."""
        if self.stage == 2:
            wanted, rows = self._own_classes(scene), torch.arange(len(scene.voxels), device=scene.features.device)
        else:
            wanted, rows = self._lifted_targets(scene)
        kept = thinned(len(rows), self.limit)
        if kept is not None:
            kept = kept.to(rows.device)
            wanted, rows = wanted[kept], rows[kept]
        return scene.features[rows], wanted, scene.superpoint[rows]

    def _lifted_targets(self, scene: _VoxelScene) -> tuple[Tensor, Tensor]:
        """Features [v, C] of the voxels that a camera saw, those of the points that stand for them, and their numbers [v].

        Superpoints have the mean of their points; without superpoints in the loss, each of the points instead.
        """
        lifted = _lifted(scene.sample)
        if not getattr(self.network, 'of_superpoints', False):
            lifted = lifted.of_points(scene.voxels.representative)
            return lifted.features, lifted.seen.nonzero()[:, 0]
        if self.loss_kind != 'superpoints':  # every point that was seen has a say of its own
            return lifted.features, scene.voxels.point_to_voxel[lifted.seen]
        rows, ids = torch.unique(scene.voxels.point_to_voxel[lifted.seen], return_inverse=True)
        return segment_mean(lifted.features.float(), ids, len(rows)), rows

    def _terms(self, features: Tensor, wanted: Tensor, superpoint: Tensor) -> dict[str, Tensor]:
        if self.stage == 2:
            return class_terms(features, wanted, superpoint, self.texts[:, 0])
        if self.loss_kind != 'superpoints':
            return {'point': point_terms(features, wanted, self.loss_kind) if len(features) else features.sum()}
        return feature_terms(features, wanted, superpoint)

    @torch.no_grad()
    def _own_classes(self, scene: _VoxelScene) -> Tensor:
        """Class of each voxel by the running average, which first takes in what the network says now."""
        assert self.history is not None
        average = self.history.update(scene.sample.scene.scene_id, self._remembered(scene))
        rows = scene.voxels.representative if self.history.per_point else scene.superpoint
        return superpoint_labels(average[rows], scene.superpoint, self.texts[:, 0])

    def _remembered(self, scene: _VoxelScene) -> Tensor:
        assert self.history is not None
        features = scene.of_points.detach()
        return features if self.history.per_point else scene.sample.superpoints.mean(features.float())

    @torch.no_grad()
    def start_history(self, batch: SceneBatch) -> None:
        """Begin the running averages of the scenes of a batch."""
        assert self.history is not None
        for scene in self._forward(batch):
            means = scene.sample.superpoints.mean(self._first_memory(scene))
            start = scene.sample.superpoints.expand(means.T).T if self.history.per_point else means
            self.history.start(scene.sample.scene.scene_id, start)

    def _first_memory(self, scene: _VoxelScene) -> Tensor:
        """Features [N, C] that the running average of a scene begins with; of length one where lifted ones take part."""
        own = scene.of_points.float()
        if self.begin_with == 'network':
            return own
        return F.normalize(surer_features(own, _lifted(scene.sample).scattered(), self.texts.flatten(0, 1)), dim=1)

    @torch.no_grad()
    def predict(self, batch: SceneBatch) -> list[ZeroShotPrediction]:
        """Classes of points; ``semantic`` is the first kind's majority in each superpoint."""
        looks = [self.extract_feat(batch, _look(i)) for i in range(self.repeats)] or [self.extract_feat(batch)]
        return [self._predict(sample, [look[i] for look in looks]) for i, sample in enumerate(batch)]

    def _predict(self, sample: Sample, looks: Sequence[Tensor]) -> ZeroShotPrediction:
        lifted = sample.lifted if isinstance(sample, LiftedSample) else None
        kinds = self.kinds if lifted is not None else tuple(kind for kind in self.kinds if kind == 'network')
        labels = {kind: self._labels(kind, sample, looks, lifted) for kind in kinds}
        votes = F.one_hot(labels[kinds[0]], len(self.texts) + 1).float()
        semantic = sample.superpoints.mean(votes).argmax(1)
        return ZeroShotPrediction(
            sample.scene.scene_id,
            sample.superpoints,
            semantic=semantic,
            point_labels=labels,
            seen=None if lifted is None else lifted.seen,
        )

    def _labels(self, kind: str, sample: Sample, looks: Sequence[Tensor], lifted: PointFeatures | None) -> Tensor:
        if kind == 'network':
            return torch.stack([self._logits(look) for look in looks]).sum(0).argmax(1)
        assert lifted is not None
        frames = lifted.scattered().float()
        if kind == 'both':
            flat = self.texts.flatten(0, 1)
            chosen = (surer_features(look, frames, flat) for look in looks)
            return torch.stack([self._logits(features) for features in chosen]).sum(0).argmax(1)
        labels = torch.where(lifted.seen, self._logits(frames).argmax(1), len(self.texts))
        if kind == 'nearest' and bool(lifted.seen.any()):
            xyz = sample.scene.xyz
            return labels[lifted.seen][PointTree(xyz[lifted.seen]).nearest(xyz)[1]]
        return labels

    def _logits(self, features: Tensor) -> Tensor:
        """How well each class fits [N, K]: by the best of its synonyms."""
        return torch.einsum('nc,kpc->nkp', features.float(), self.texts.float()).amax(2)


def _superpoint_cells(sample: Sample) -> HashedVoxels:
    """Superpoints in the place of voxels: their first points stand for them."""
    ids = sample.superpoints.ids
    numbers = torch.arange(len(ids), device=ids.device)
    first = torch.full_like(sample.superpoints.sizes, len(ids)).scatter_reduce(0, ids, numbers, 'amin')
    return HashedVoxels(ids.new_zeros(len(first), 3), first, ids)


def _look(number: int) -> torch.Generator:
    return torch.Generator().manual_seed(number)


def _lifted(sample: Sample) -> PointFeatures:
    lifted = sample.lifted if isinstance(sample, LiftedSample) else None
    if lifted is None:
        raise DataError(f'scene {sample.scene.scene_id} has no lifted features; put LoadPointFeatures into the pipeline')
    return lifted


def _pooled(rows: Sequence[tuple[Tensor, Tensor, Tensor]]) -> tuple[Tensor, Tensor, Tensor]:
    """The voxels of all scenes as if of one, with superpoints of their own."""
    features, wanted, superpoints = zip(*rows, strict=True)
    start, shifted = 0, []
    for ids in superpoints:
        shifted.append(ids + start)
        start += int(ids.max()) + 1 if len(ids) else 0
    return torch.cat(features), torch.cat(wanted), torch.cat(shifted)


def _read_texts(source: str | Mapping[str, Any], names: Sequence[str]) -> Tensor:
    if isinstance(source, str):
        return read_class_embeddings(source, names)
    options = dict(source)
    return TextSpace(as_module(options.pop('encoder')), **options).classes(names)  # type: ignore[arg-type]


def _rename_original(_: nn.Module, state: dict[str, Tensor], prefix: str, *__: Any) -> None:
    """Checkpoints of OpenScene and SAS name and lay out their weights as MinkowskiEngine does."""
    theirs = {name: value for name, value in state.items() if name.removeprefix('module.').startswith(ORIGINAL)}
    if theirs and not prefix:
        for name in theirs:
            del state[name]
        state.update({f'network.{name}': value for name, value in remap_keys(theirs).items()})
