"""Referring segmentation: a mask for every sentence."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from uniseg3d.evaluation.functional.overlap import paired_iou
from uniseg3d.evaluation.functional.referring import LEVELS, Guess, guess_by_class
from uniseg3d.evaluation.table import Cell, aligned_table
from uniseg3d.evaluation.tasks.base import EvaluatedScene, TaskReport
from uniseg3d.structures import Targets

ORIGINAL_NAMES = ('Text_Precision_half', 'Text_Precision_quarter')


@dataclass(frozen=True, eq=False)
class TextRecord:
    """T sentences of one scene."""

    iou: np.ndarray  # [T] float64, with the superpoints of the meant object
    iou_on_points: np.ndarray  # [T] float64, with its points
    kinds: list[str]  # T, '' = unknown
    guess: Guess


class ReferringTask:
    """IoU of the masks with the superpoint masks of the meant objects, and the share above 0.5 and 0.25.

    ``Text mIoU on points`` compares with the points of the objects, of which superpoints cannot reach all.
    Beside every other number stands the baseline: who picks one of the perfect masks of the right class at random.
    Sentences are also told apart by whether their class occurs once in the scene, and by their kind where that is known.
    """

    def record(self, scene: EvaluatedScene) -> TextRecord | None:
        """IoU and baseline of each sentence."""
        targets = scene.targets
        found = scene.answers('texts', len(targets.text_masks))
        if found is None:
            return None
        meant = targets.text_masks.numpy()  # [T, M]
        objects, labels = targets.masks.numpy(), targets.labels.numpy()
        return TextRecord(
            iou=paired_iou(found.masks.numpy(), meant, scene.sizes),
            iou_on_points=scene.truth.instance_iou(found.masks.numpy(), _meant_instances(targets)),
            kinds=targets.text_kinds or [''] * len(meant),
            guess=guess_by_class(meant, targets.text_labels.numpy(), objects, labels, scene.sizes),
        )

    def report(self, records: Sequence[TextRecord]) -> TaskReport:
        """``Text ...`` over all sentences; nothing where no scene has one."""
        asked = [record for record in records if len(record.iou)]
        if not asked:
            return TaskReport({}, 'no sentences')
        iou = np.concatenate([record.iou for record in asked])  # [T]
        own = np.stack([iou, *(iou > level for level in LEVELS)], axis=1)  # [T, measures]
        guessed = np.concatenate([np.c_[record.guess.iou, record.guess.hits] for record in asked])  # [T, measures]
        on_points = np.concatenate([record.iou_on_points for record in asked])
        groups = _groups(asked)
        metrics = dict(zip(('Text Prompt mIoU', *ORIGINAL_NAMES), own.mean(0).tolist(), strict=True))
        names = ('Text mIoU', *(f'Text acc@{level}' for level in LEVELS))
        metrics |= {f'{name} baseline': value for name, value in zip(names, guessed.mean(0).tolist(), strict=True)}
        metrics['Text mIoU on points'] = float(on_points.mean())
        for group, members in groups.items():
            metrics[f'Text acc@0.5 {group}'] = float(own[members, 1].mean())
            metrics[f'Text acc@0.5 {group} baseline'] = float(guessed[members, 1].mean())
        return TaskReport(metrics, _table(own, guessed, groups), _by_group(own, guessed, groups))


def _meant_instances(targets: Targets) -> np.ndarray:
    """Instance that each sentence means [T], -1 where the scene has none of its points."""
    same = (targets.text_object_ids[:, None] == targets.object_ids).numpy()  # [T, n]
    return np.where(same.any(1), (same * np.arange(same.shape[1])).sum(1), -1)


def _groups(records: Sequence[TextRecord]) -> dict[str, np.ndarray]:
    """Members [T] of each group of sentences that has any: by number of objects of the class, then by kind."""
    alone = np.concatenate([record.guess.rivals for record in records]) <= 1
    kinds = np.array([kind for record in records for kind in record.kinds])
    groups = {'unique class': alone, 'multiple class': ~alone}
    groups |= {str(kind): kinds == kind for kind in np.unique(kinds) if kind}
    return {name: members for name, members in groups.items() if members.any()}


def _by_group(own: np.ndarray, guessed: np.ndarray, groups: dict[str, np.ndarray]) -> dict[str, dict[str, float]]:
    names = ('mIoU', *(f'acc@{level}' for level in LEVELS))
    columns = {name: (own[:, k], guessed[:, k]) for k, name in enumerate(names)}
    found = {name: {group: float(mine[m].mean()) for group, m in groups.items()} for name, (mine, _) in columns.items()}
    chance = {f'{name} baseline': {g: float(c[m].mean()) for g, m in groups.items()} for name, (_, c) in columns.items()}
    return found | chance


def _table(own: np.ndarray, guessed: np.ndarray, groups: dict[str, np.ndarray]) -> str:
    everything = {'all': np.ones(len(own), dtype=bool)} | groups
    rows: list[list[Cell]] = []
    for name, members in everything.items():
        pairs = zip(own[members].mean(0).tolist(), guessed[members].mean(0).tolist(), strict=True)
        rows.append([name, str(int(members.sum())), *(value for pair in pairs for value in pair)])
    measures = ('mIoU', 'acc@0.5', 'acc@0.25')
    return aligned_table(('sentences', 'number', *(word for name in measures for word in (name, 'baseline'))), rows)
