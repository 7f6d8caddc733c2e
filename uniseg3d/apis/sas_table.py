"""The whole method in one table: experts, fusion and networks, each beside what it is like without one of its parts."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any

import torch
from mmengine.config import Config
from torch import Tensor

from uniseg3d.apis.sas_capability import capabilities
from uniseg3d.apis.sas_fuse import fuse_scenes
from uniseg3d.apis.sas_lifted_scores import (
    ScoredScene,
    feature_scores,
    frame_scores,
    rank_correlation,
    scored_scenes,
    shuffled,
)
from uniseg3d.apis.sas_setup import FUSED, LIFTED, Priors
from uniseg3d.engine.launch import run_test, run_training
from uniseg3d.engine.options import TestOptions, TrainOptions
from uniseg3d.evaluation.table import aligned_table
from uniseg3d.utils.errors import ConfigError, DataError
from uniseg3d.utils.files import read_json, write_text

EQUAL = 'without_capability'
NETWORKS = ('stage 1', 'stage 2', 'no superpoints', 'no capability', 'shuffled')
MEASURES = ('miou', 'macc', 'both_miou', 'frames_miou', 'miou_unseen', 'nearest_miou_unseen')
LOADER = 'LoadPointFeatures'


@dataclass(frozen=True)
class NetworkRow:
    """One network of the table."""

    name: str
    config: str
    overrides: Mapping[str, Any] = field(default_factory=dict)
    features: str = FUSED  # folder of what it learns


def feature_table(priors: Priors, seeds: Sequence[int], splits: Sequence[str] = ('val',)) -> str:
    """mIoU and mAcc of lifted features on the points that a camera saw, and how capabilities rank the classes."""
    scenes, names = scored_scenes(priors, splits), priors.expert_names()
    skill = capabilities(priors, names)
    kinds = [*(f'{LIFTED}/{name}' for name in names), FUSED, *ablated_features(priors, skill, seeds, splits)]
    scores = {kind: feature_scores(priors, scenes, kind) for kind in kinds}
    rows = [(kind, one.miou, one.acc_cls) for kind, one in scores.items()]
    table = aligned_table(('features of seen points', 'mIoU', 'mAcc'), rows)
    return f'{table}\n\n{_ranks(priors, scenes, names, skill)}'


def ablated_features(
    priors: Priors, skill: Tensor, seeds: Sequence[int], splits: Sequence[str], rows: Sequence[str] = NETWORKS
) -> list[str]:
    """Fuse with equal and with shuffled capabilities, as far as ``rows`` of the table need it; folders of the results."""
    skills = {EQUAL: torch.ones_like(skill)} if 'no capability' in rows else {}
    if 'shuffled' in rows:
        skills |= {_shuffled_folder(seed): shuffled(skill, seed) for seed in seeds}
    faults = [fault for kind, one in skills.items() for fault in fuse_scenes(priors, splits=splits, skill=one, kind=kind)]
    if faults:
        raise DataError(f'scene {faults[0].item}: {faults[0].reason}')
    return list(skills)


def _shuffled_folder(seed: int) -> str:
    return f'shuffled_{seed}'


def _ranks(priors: Priors, scenes: Sequence[ScoredScene], names: Sequence[str], skill: Tensor) -> str:
    """Spearman correlation of measured capabilities with the IoU of each class, in frames and on points."""
    rows = []
    for i, name in enumerate(names):
        frames = frame_scores(priors, priors.expert(name), scenes).iou
        points = feature_scores(priors, scenes, f'{LIFTED}/{name}').iou
        rows.append((name, rank_correlation(skill[i], frames), rank_correlation(skill[i], points)))
    return aligned_table(('capability ranks classes as', 'frames do', 'points do'), rows)


def network_rows(first: str, second: str | None, names: Sequence[str], seed: int) -> list[NetworkRow]:
    """The networks that a table compares; ``first`` and ``second`` are the configs of both stages."""
    unknown = sorted(set(names) - set(NETWORKS))
    if unknown or ('stage 2' in names and second is None):
        raise ConfigError(f'rows are some of {", ".join(NETWORKS)}, the second stage with its config; got {", ".join(names)}')
    known = {
        'stage 1': NetworkRow('stage 1', first),
        'stage 2': NetworkRow('stage 2', second or first),
        'no superpoints': NetworkRow('no superpoints', first, {'+model.loss': 'cosine'}),
        'no capability': NetworkRow('no capability', first, features=EQUAL),
        'shuffled': NetworkRow('shuffled', first, features=_shuffled_folder(seed)),
    }
    return [known[name] for name in NETWORKS if name in names]


def train_and_test(
    priors: Priors, row: NetworkRow, config: Config, seed: int, folder: Path, overrides: Mapping[str, Any] | None = None
) -> dict[str, float]:
    """Metrics of one network. What was trained and measured before is kept; an interrupted training goes on."""
    place = folder / f'{row.name.replace(" ", "_")}_{seed}'
    result = place / 'metrics.json'
    if result.exists():
        return read_json(result, 'delete it to measure again')
    changes = {**(overrides or {}), **row.overrides, **_features(priors, row.features, config)}
    if row.name == 'stage 2':
        changes |= {'load_from': str(folder / f'stage_1_{seed}'), 'model.history.folder': str(place / 'history')}
    run_training(TrainOptions(row.config, str(place), overrides=changes, seed=seed, resume='auto'))
    metrics = run_test(TestOptions(row.config, str(place), overrides=dict(overrides or {}), checkpoint=str(place)))
    write_text(result, json.dumps(metrics, indent=1))
    return metrics


def _features(priors: Priors, kind: str, config: Config) -> dict[str, Any]:
    """Which features a training reads; tests always compare with those that were really fused."""
    steps = config.train_dataloader.dataset.pipeline
    number = next((i for i, step in enumerate(steps) if step['type'] == LOADER), None)
    if number is None:
        raise ConfigError(f'{config.filename} does not load features: its training pipeline has no {LOADER}')
    return {f'train_dataloader.dataset.pipeline.{number}.folder': str(priors.folder / kind)}


def network_table(results: Mapping[str, Sequence[Mapping[str, float]]]) -> str:
    """Means over seeds (and their spread) of the metrics of each network."""
    rows = [
        (name, str(len(runs)), *(_spread([one[key] for one in runs if key in one]) for key in MEASURES))
        for name, runs in results.items()
    ]
    return aligned_table(('network', 'seeds', *MEASURES), rows)


def _spread(values: Sequence[float]) -> str:
    return f'{100 * fmean(values):.1f} ± {100 * pstdev(values):.1f}' if values else '-'
