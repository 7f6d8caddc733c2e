"""How good lifted and fused features are at the points that a camera saw, and whether capabilities were measured rightly."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.stats import spearmanr
from torch import Tensor

from uniseg3d.apis.sas_setup import Priors, PriorScene
from uniseg3d.evaluation.functional.semantic import SemanticScores, semantic_confusion, semantic_scores
from uniseg3d.io.arrays import read_bin
from uniseg3d.io.images import read_map
from uniseg3d.io.point_features import read_point_features
from uniseg3d.io.scannet import read_label_map
from uniseg3d.priors.pixel_experts import PixelExpert
from uniseg3d.priors.text_bridge import nearest_map
from uniseg3d.structures.point_features import PointFeatures
from uniseg3d.text.class_lists import ClassList, class_list, label_table, meta_path
from uniseg3d.utils.errors import DataError

LABELS = 'scannet/scannetv2-labels.combined.tsv'
LARGEST_ID = 2**16


@dataclass(frozen=True, eq=False)
class ScoredScene:
    """Labels of the points of a prepared scene."""

    scene: PriorScene
    truth: Tensor  # [N] 0..K, K = void


def scored_scenes(priors: Priors, splits: Sequence[str]) -> list[ScoredScene]:
    """Scenes of some splits with their labels, as classes of the vocabulary."""
    table = label_table(class_list(priors.settings.vocabulary), LARGEST_ID)
    scenes = []
    for scene in priors.scenes(splits):
        name = scene.info.semantic_mask_path
        if name is None:
            raise DataError(f'scene {scene.info.scene_id} has no labels to compare with; name splits that have')
        path = scene.points_path.parent.parent / 'semantic_mask' / name
        raw = read_bin(path, np.int64, count=scene.info.num_points)
        scenes.append(ScoredScene(scene, torch.from_numpy(table[raw])))
    return scenes


def feature_scores(priors: Priors, scenes: Sequence[ScoredScene], kind: str) -> SemanticScores:
    """Scores of the features of a folder (``fused``, ``lifted/<expert>``) by the texts of the vocabulary, on seen points."""
    parts = (_read(priors, kind, one.scene) for one in scenes)
    return confusion_scores(priors, zip(parts, (one.truth for one in scenes), strict=True))


def confusion_scores(priors: Priors, pairs) -> SemanticScores:  # type: ignore[no-untyped-def]
    """Scores of pairs of features and labels [N], summed over scenes."""
    count = len(priors.names)
    total = torch.zeros(count + 1, count + 1, dtype=torch.int64)
    for features, truth in pairs:
        labels = (features.features.float() @ priors.vocabulary.T).argmax(1)
        total += semantic_confusion(labels, truth[features.seen], count)
    return semantic_scores(total)


def _read(priors: Priors, kind: str, scene: PriorScene) -> PointFeatures:
    path = priors.folder / kind / f'{scene.info.scene_id}_0{priors.settings.suffix}'
    return read_point_features(path, scene.info.num_points)


def frame_scores(priors: Priors, expert: PixelExpert, scenes: Sequence[ScoredScene]) -> SemanticScores:
    """Scores of what an expert sees in the labelled frames of scenes themselves, before anything is lifted."""
    classes = class_list(priors.settings.vocabulary)
    table, count = _classes_of_labels(classes), len(classes)
    total = torch.zeros(count + 1, count + 1, dtype=torch.int64)
    for one in scenes:
        for photo in priors.photos(priors.views(one.scene.info.scene_id)):
            said = expert.describe([photo])[0]
            if said is None:
                continue
            found = said.classes(priors.vocabulary)
            label = torch.from_numpy(read_map(Path(photo.folder) / 'label' / f'{photo.name}.png').astype(np.int64))
            total += semantic_confusion(found.flatten(), table[nearest_map(label, said.size)].flatten(), count)
    return semantic_scores(total)


def _classes_of_labels(classes: ClassList) -> Tensor:
    """Class 0..K of each label id of a frame."""
    ids, nyu40 = (read_label_map(meta_path(LABELS), column) for column in ('id', 'nyu40id'))
    of_raw, table = label_table(classes, LARGEST_ID), np.full(LARGEST_ID, len(classes))
    for category, label in ids.items():
        table[label] = of_raw[nyu40[category]]
    return torch.from_numpy(table)


def rank_correlation(first: Tensor, second: Tensor) -> float:
    """Spearman's, over the classes that both know."""
    known = ~(first.isnan() | second.isnan())
    return float(spearmanr(first[known], second[known]).statistic)


def shuffled(skill: Tensor, seed: int) -> Tensor:
    """Capabilities [E, K] of other classes: each expert's row in another order."""
    generator = torch.Generator().manual_seed(seed)
    return torch.stack([row[torch.randperm(len(row), generator=generator)] for row in skill])
