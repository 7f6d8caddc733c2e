"""Referring segmentation: a mask for every sentence."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from uniseg3d.evaluation.functional.overlap import all_iou, paired_iou
from uniseg3d.evaluation.functional.referring import (
    LEVELS,
    Guess,
    chosen_object,
    guess_by_class,
    referring_f1,
    separate_parts,
)
from uniseg3d.evaluation.table import Cell, aligned_table
from uniseg3d.evaluation.tasks.base import EvaluatedScene, TaskReport, known_mean

ORIGINAL_NAMES = ('Text_Precision_half', 'Text_Precision_quarter')


@dataclass(frozen=True, eq=False)
class TextRecord:
    """T sentences of one scene."""

    iou: np.ndarray  # [T] float64, with the superpoints of what is meant
    iou_on_points: np.ndarray  # [T] float64, with its points
    meant: np.ndarray  # [T] int64, how many objects each sentence means
    f1: np.ndarray  # [T, levels] float64, of the objects that its mask falls into
    chosen: np.ndarray  # [T] bool, whether its mask overlaps the meant object most; of sentences that mean one
    kinds: list[str]  # T, words joined by '+', '' = unknown
    guess: Guess


class ReferringTask:
    """IoU of the masks with the superpoint masks of what is meant, and the share above 0.5 and 0.25.

    ``Text mIoU on points`` compares with the points of the objects, of which superpoints cannot reach all.
    ``Text choice`` is the share of sentences whose mask overlaps the meant object more than any other (Nr3D's task).
    Beside every other number stands the baseline: who picks one of the perfect masks of the right class at random.
    Sentences are also told apart by whether their class occurs once in the scene, and by their kinds where these are known.

    Where some sentences mean several objects or none (Multi3DRefer), ``Text F1`` compares the set of meant objects with the
    things of the panoptic map that the mask holds; a sentence that means none is right, with an IoU of 1, if its mask is empty.

    Args:
        stuff: classes of the panoptic map that are no things.
    """

    def __init__(self, stuff: Sequence[int] = ()) -> None:
        self.stuff = tuple(stuff)

    def record(self, scene: EvaluatedScene) -> TextRecord | None:
        """Scores and baseline of each sentence."""
        targets = scene.targets
        found = scene.answers('texts', len(targets.text_masks))
        if found is None:
            return None
        masks, wanted = found.masks.numpy(), targets.text_masks.numpy()  # [T, M]
        objects, meant = targets.masks.numpy(), targets.text_instances.numpy()  # [n, M], [T, n]
        nothing = (targets.text_object_ids < 0).numpy() & ~meant.any(1)  # an object without points is another thing
        silent = nothing & ~masks.any(1)
        return TextRecord(
            iou=np.where(silent, 1.0, paired_iou(masks, wanted, scene.sizes)),
            iou_on_points=np.where(silent, 1.0, scene.truth.union_iou(masks, meant)),
            meant=np.where(nothing, 0, meant.sum(1).clip(min=1)),
            f1=np.where((nothing | meant.any(1))[:, None], self._f1(scene, masks, objects, meant), 0.0),
            chosen=(meant & (chosen_object(masks, objects, scene.sizes)[:, None] == np.arange(len(objects)))).any(1),
            kinds=targets.text_kinds or [''] * len(masks),
            guess=guess_by_class(wanted, targets.text_labels.numpy(), objects, targets.labels.numpy(), scene.sizes),
        )

    def _f1(self, scene: EvaluatedScene, masks: np.ndarray, objects: np.ndarray, meant: np.ndarray) -> np.ndarray:
        things = self._things(scene)
        scores = []
        for mask, row in zip(masks, meant, strict=True):
            iou = all_iou(separate_parts(mask, things, scene.sizes), objects[row], scene.sizes)
            scores.append([referring_f1(iou, level) for level in LEVELS])
        return np.array(scores).reshape(len(masks), len(LEVELS))

    def _things(self, scene: EvaluatedScene) -> np.ndarray:
        """Thing of the panoptic map that each superpoint belongs to [M], -1 = none."""
        found = scene.prediction.panoptic
        if found is None:
            return np.full(len(scene.sizes), -1)
        return np.where(np.isin(found.semantic.numpy(), self.stuff), -1, found.segment.numpy())

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
        sets = _set_measures(asked)
        metrics |= {f'Text {name}': known_mean(values) for name, values in sets.items()}
        table, classes = _table(own, guessed, groups), _by_group(own, guessed, groups)
        if len(sets) > 1:
            table = f'{table}\n{_set_table(sets, groups)}'
        return TaskReport(metrics, table, classes | _sets_by_group(sets, groups))


def _set_measures(records: Sequence[TextRecord]) -> dict[str, np.ndarray]:
    """Values [T] of the measures that look at sets of objects, ``nan`` for sentences that they say nothing about."""
    meant = np.concatenate([record.meant for record in records])
    chosen, f1 = (np.concatenate([getattr(record, name) for record in records]) for name in ('chosen', 'f1'))
    measures = {'choice': np.where(meant == 1, chosen, np.nan)} if (meant == 1).any() else {}
    if (meant != 1).any():
        measures |= {f'F1@{level}': f1[:, k] for k, level in enumerate(LEVELS)}
    return measures


def _sets_by_group(sets: dict[str, np.ndarray], groups: dict[str, np.ndarray]) -> dict[str, dict[str, float]]:
    return {name: {group: known_mean(values[m]) for group, m in groups.items()} for name, values in sets.items()}


def _set_table(sets: dict[str, np.ndarray], groups: dict[str, np.ndarray]) -> str:
    everything = {'all': np.ones(len(next(iter(sets.values()))), dtype=bool)} | groups
    rows: list[list[Cell]] = [[name, *(known_mean(values[m]) for values in sets.values())] for name, m in everything.items()]
    return aligned_table(('sentences', *sets), rows)


def _groups(records: Sequence[TextRecord]) -> dict[str, np.ndarray]:
    """Members [T] of each group of sentences that has any: by number of objects of the class, then by kind."""
    meant = np.concatenate([record.meant for record in records])
    alone = np.concatenate([record.guess.rivals for record in records]) <= 1
    words = [set(kind.split('+')) for record in records for kind in record.kinds]
    groups = {'unique class': alone & (meant == 1), 'multiple class': ~alone & (meant == 1)}
    groups |= {'several objects': meant > 1, 'no object': meant == 0}
    groups |= {kind: np.array([kind in own for own in words]) for kind in sorted(set().union(*words)) if kind}
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
