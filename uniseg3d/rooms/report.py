"""Statistics of a folder of rooms, and the guard that keeps them difficult."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from uniseg3d.rooms import difficulty
from uniseg3d.rooms.difficulty import LabelledCloud
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import DataError
from uniseg3d.utils.files import read_json
from uniseg3d.utils.parallel import run_jobs

LABEL_MAP = Path('meta_data') / 'scannetv2-labels.combined.tsv'
LEAST_ROOMS = 16  # of both splits; fewer rooms say nothing about the classes of the recipe
REMEDY = 'make the rooms with tools/make_rooms.py'
LEAST_AMBIGUOUS = 0.30  # share of sentences that nobody understands without their noun


@dataclass(frozen=True)
class Guard:
    """One condition that the rooms must meet."""

    name: str
    value: float
    low: float
    high: float
    judged: bool = True  # False where there are too few rooms to tell

    @property
    def holds(self) -> bool:
        """Whether the value is within its limits; not a number never is. What cannot be judged fails nobody."""
        return not self.judged or self.low <= self.value <= self.high

    @property
    def verdict(self) -> str:
        """'ok', 'FAILS' or why there is none."""
        if not self.judged:
            return f'not judged with fewer than {LEAST_ROOMS} rooms'
        return 'ok' if self.holds else 'FAILS'


@dataclass(frozen=True)
class ClassRow:
    """What is known of one class."""

    name: str
    train: int  # objects in training rooms
    val: int
    color_overlap: float  # mean shared part of its colours with another class, 0..1; NaN with too few objects
    size_overlap: int | None  # classes that share its usual box volumes; None for stuff
    iou: float  # of the point classifier on val rooms

    @property
    def is_common(self) -> bool:
        """Whether there are enough objects to speak of its colours and sizes."""
        return self.train + self.val >= difficulty.LEAST_OBJECTS


@dataclass(frozen=True)
class Report:
    """Everything that rooms_report.py prints."""

    scenes: dict[str, list[dict[str, Any]]]  # statistics by split
    classes: list[ClassRow]
    kinds: dict[str, Counter[str]]  # sentences by split and kind
    new_words: list[str]  # in val sentences only
    guards: list[Guard]


def report_rooms(folder: str | Path, workers: int = 1, steps: int = 800) -> Report:
    """Measure a finished folder of tools/make_rooms.py; ``steps`` trains the point classifier."""
    folder = Path(folder)
    scenes = read_json(folder / 'rooms.json', REMEDY).get('scenes', {})
    names = {split: [name for name, s in scenes.items() if s['split'] == split] for split in ('train', 'val')}
    if not names['train'] or not names['val']:
        raise DataError(f'{folder}/rooms.json lists no finished training or val rooms; let tools/make_rooms.py finish first')
    read = partial(_read_cloud, folder)
    clouds = {split: run_jobs(read, members, workers, f'reading {split} rooms') for split, members in names.items()}
    sentences = {split: read_json(folder / f'ScanRefer_filtered_{split}.json', REMEDY) for split in names}
    words = {split: {word for s in group for word in s['token']} for split, group in sentences.items()}
    iou = difficulty.point_classifier_iou(clouds['train'], clouds['val'], steps=steps)
    color_iou = difficulty.point_classifier_iou(clouds['train'], clouds['val'], color_only=True, steps=steps)
    rows = _class_rows(clouds, iou)
    return Report(
        scenes={split: [scenes[name] for name in members] for split, members in names.items()},
        classes=rows,
        kinds={split: Counter(s['kind'] for s in group) for split, group in sentences.items()},
        new_words=sorted(words['val'] - words['train']),
        guards=[
            Guard('mIoU from colour, height and normal', float(np.nanmean(iou)), 0.0, difficulty.LIMIT_ALL),
            Guard('mIoU from colour', float(np.nanmean(color_iou)), 0.0, difficulty.LIMIT_COLOR),
            *class_guards(rows, len(scenes)),
            *_hole_guards([s['hole_share'] for s in scenes.values()]),
            *_sentence_guards(sentences),
        ],
    )


def _read_cloud(folder: Path, name: str) -> LabelledCloud:
    return difficulty.read_cloud(folder / 'scans', name, folder / LABEL_MAP)


def _class_rows(clouds: dict[str, list[LabelledCloud]], iou: np.ndarray) -> list[ClassRow]:
    everything = clouds['train'] + clouds['val']
    colors = difficulty.color_overlaps(everything, difficulty.LEAST_OBJECTS)
    sizes = difficulty.size_overlaps(everything)
    counts = {split: difficulty.object_counts(group) for split, group in clouds.items()}
    return [
        ClassRow(name, int(counts['train'][i]), int(counts['val'][i]), float(colors[i]), sizes.get(i), float(iou[i]))
        for i, name in enumerate(class_list('scannet20').names)
    ]


def class_guards(rows: list[ClassRow], rooms: int) -> list[Guard]:
    """Colours and sizes are judged of common classes only; a class that training lacks fails by its count."""
    judged = rooms >= LEAST_ROOMS
    things = [row for row in rows if row.name not in class_list('scannet20').stuff_names]
    colors = [row.color_overlap for row in rows if row.is_common]
    sizes = [row.size_overlap or 0 for row in things if row.is_common]
    return [
        Guard('fewest objects of a class in training', min(row.train for row in things), 1, np.inf, judged),
        Guard('least colour overlap of a class', _least(colors), difficulty.LEAST_COLOR_OVERLAP, 1, judged),
        Guard('fewest classes of the same size', _least(sizes), difficulty.LEAST_SIZE_OVERLAP, 17, judged),
    ]


def _least(values: Sequence[float]) -> float:
    """The smallest value; not a number if one of them is none, or if there are none."""
    return float(np.min(values)) if values else np.nan


def _hole_guards(shares: list[float]) -> list[Guard]:
    return [
        Guard('smallest share of holes', min(shares), *difficulty.HOLES),
        Guard('largest share of holes', max(shares), *difficulty.HOLES),
    ]


def _sentence_guards(sentences: dict[str, list[dict[str, Any]]]) -> list[Guard]:
    both = {s['description'] for s in sentences['train']} & {s['description'] for s in sentences['val']}
    needy = [s['needs_noun'] for group in sentences.values() for s in group]
    return [
        Guard('sentences ambiguous without their noun', float(np.mean(needy)) if needy else np.nan, LEAST_AMBIGUOUS, 1.0),
        Guard('sentences in both splits', len(both), 0, 0),
    ]


def report_text(report: Report) -> str:
    """The report as tables of plain text."""
    return '\n\n'.join([_scene_text(report), _class_text(report), _sentence_text(report), _guard_text(report)])


def _scene_text(report: Report) -> str:
    lines = [f'{"split":8}{"rooms":>7}{"points":>9}{"objects":>9}{"sentences":>11}{"holes":>8}']
    for split, scenes in report.scenes.items():
        means = [np.mean([s[key] for s in scenes]) for key in ('points', 'objects', 'sentences', 'hole_share')]
        lines.append(f'{split:8}{len(scenes):7}{means[0]:9.0f}{means[1]:9.1f}{means[2]:11.1f}{means[3]:8.1%}')
    return '\n'.join(lines)


def _class_text(report: Report) -> str:
    lines = [f'{"class":16}{"train":>7}{"val":>6}{"colour overlap":>16}{"sizes shared":>14}{"point IoU":>11}']
    for row in report.classes:
        color = f'{row.color_overlap:.2f}' if row.is_common else 'too few'
        size = '-' if row.size_overlap is None else row.size_overlap
        lines.append(f'{row.name:16}{row.train:7}{row.val:6}{color:>16}{size:>14}{row.iou:11.3f}')
    lines.append(f'too few: fewer than {difficulty.LEAST_OBJECTS} objects, the guards leave the class out')
    return '\n'.join(lines)


def _sentence_text(report: Report) -> str:
    kinds = sorted(set().union(*report.kinds.values()))
    lines = [f'{"sentences":16}' + ''.join(f'{split:>7}' for split in report.kinds)]
    lines += [f'{kind:16}' + ''.join(f'{counts[kind]:7}' for counts in report.kinds.values()) for kind in kinds]
    return '\n'.join([*lines, f'words in val only: {", ".join(report.new_words) or "none"}'])


def _guard_text(report: Report) -> str:
    lines = [f'{"guard":42}{"value":>9}   allowed']
    for guard in report.guards:
        lines.append(f'{guard.name:42}{guard.value:9.3f}   {guard.low:g} .. {guard.high:g}   {guard.verdict}')
    return '\n'.join(lines)
