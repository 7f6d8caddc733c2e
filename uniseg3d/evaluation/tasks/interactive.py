"""Interactive segmentation: a mask for every click prompt."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from uniseg3d.evaluation.functional.interactive import (
    GOALS,
    LEVELS,
    join_rounds,
    number_of_clicks,
    prompt_average_precision,
)
from uniseg3d.evaluation.functional.overlap import paired_iou
from uniseg3d.evaluation.table import aligned_table
from uniseg3d.evaluation.tasks.base import EvaluatedScene, TaskReport
from uniseg3d.structures import MaskSet, Targets

NAMED_ROUNDS = (1, 2, 3, 5, 10, 15, 20)  # numbers of clicks after which the IoU is reported


@dataclass(frozen=True, eq=False)
class ClickRecord:
    """K prompts of one scene."""

    iou: np.ndarray  # [K] float64, with the superpoints of the object
    iou_on_points: np.ndarray  # [K] float64, with its points
    score: np.ndarray  # [K] confidence that knows no label
    confidence: np.ndarray | None  # [K] probability of the true class, where the model gives classes
    rounds: np.ndarray | None  # [R, K] IoU after 1..R clicks, where they were simulated


class InteractiveTask:
    """IoU and average precision of clicked masks against the superpoint masks of the objects.

    As those masks are what superpoints can reach at best, ``... on points`` compares with the objects themselves.
    ``Point Prompt AP`` ranks the masks as the original does, by the probability of the true class, which no user has;
    ``Point Prompt AP label-free`` ranks them by the model's own score.
    """

    def record(self, scene: EvaluatedScene) -> ClickRecord | None:
        """IoU and confidence of each prompt."""
        targets = scene.targets
        found = scene.answers('clicks', len(targets.click_instance))
        if found is None:
            return None
        meant = targets.masks[targets.click_instance].numpy()  # [K, M]
        rounds = scene.prediction.click_rounds
        return ClickRecord(
            iou=paired_iou(found.masks.numpy(), meant, scene.sizes),
            iou_on_points=scene.truth.instance_iou(found.masks.numpy(), targets.click_instance.numpy()),
            score=found.scores.double().numpy(),
            confidence=_true_class_probability(found, targets),
            rounds=None if rounds is None else paired_iou(rounds.numpy(), meant[None], scene.sizes),
        )

    def report(self, records: Sequence[ClickRecord]) -> TaskReport:
        """``Point Prompt ...`` over all prompts; nothing where no scene has one."""
        asked = [record for record in records if len(record.iou)]
        if not asked:
            return TaskReport({}, 'no clicks')
        iou = np.concatenate([record.iou for record in asked])
        metrics = {'Point Prompt mIoU': float(iou.mean())}
        known = [record.confidence for record in asked if record.confidence is not None]
        if len(known) == len(asked):
            metrics |= _precisions(iou, np.concatenate(known), '')
        metrics |= _precisions(iou, np.concatenate([record.score for record in asked]), ' label-free')
        metrics['Point Prompt mIoU on points'] = float(np.concatenate([record.iou_on_points for record in asked]).mean())
        metrics |= _rounds([record.rounds for record in asked if record.rounds is not None])
        rows = [(name, f'{value:.2f} clicks' if name.startswith('NoC') else value) for name, value in metrics.items()]
        return TaskReport(metrics, aligned_table((f'{len(iou)} clicked objects', ''), rows))


def _true_class_probability(found: MaskSet, targets: Targets) -> np.ndarray | None:
    if found.class_probabilities is None:
        return None
    true = targets.labels[targets.click_instance]  # [K]
    return found.class_probabilities[torch.arange(len(true)), true].double().numpy()


def _precisions(iou: np.ndarray, confidence: np.ndarray, name: str) -> dict[str, float]:
    mean = float(prompt_average_precision(iou, confidence, LEVELS).mean())
    half, quarter = prompt_average_precision(iou, confidence, (0.5, 0.25)).tolist()
    return {f'Point Prompt AP{name}': mean, f'Point Prompt AP@50{name}': half, f'Point Prompt AP@25{name}': quarter}


def _rounds(tables: Sequence[np.ndarray]) -> dict[str, float]:
    if not tables:
        return {}
    rounds = join_rounds(tables)  # [R, K]
    iou = {f'IoU@{k}': float(rounds[k - 1].mean()) for k in NAMED_ROUNDS if k <= len(rounds)}
    return iou | {f'NoC@{round(100 * goal)}': number_of_clicks(rounds, goal) for goal in GOALS}
