"""One picture of all tasks: a row per scene, a column per task."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from uniseg3d.structures import Prediction, Sample
from uniseg3d.utils.errors import DataError
from uniseg3d.visualization.figure import INK, PAPER, YES, Color, Panel, check_picture_path, compose, save_picture
from uniseg3d.visualization.palette import HIGHLIGHT
from uniseg3d.visualization.scene_panels import class_legend
from uniseg3d.visualization.task_row import TaskRow

TILE_SIZE = (360, 270)
TILE_TEXT = 26  # pixels; still readable when the sheet is shown at half its width
COLUMNS = ('input', 'semantic', 'instances', 'panoptic', 'clicks', 'sentence', 'objects of any class')


def sheet_of_tasks(
    scenes: Iterable[tuple[Sample, Prediction]],
    path: str | Path,
    classes: str = 'scannet20',
    size: tuple[int, int] = TILE_SIZE,
    max_clicks: int = 5,
) -> Path:
    """Draw what a model answered about some scenes into one picture; its columns are the tasks that any prediction holds."""
    check_picture_path(path)  # drawing takes long
    rows = [TaskRow(sample, prediction, classes, size, max_clicks) for sample, prediction in scenes]
    if not rows:
        raise DataError('there is nothing to draw: a sheet of tasks needs at least one scene')
    panels = [row.panels() for row in rows]
    columns = [column for column in COLUMNS if any(column in row for row in panels)]
    legend = class_legend(classes, np.any([row.shown() for row in rows], axis=0))
    legend += _prompt_legend(columns, known=any(row.sample.targets is not None for row in rows))
    strips = [_strip(row, columns, size, titled=row is panels[0]) for row in panels[:-1]]
    strips.append(_strip(panels[-1], columns, size, titled=len(panels) == 1, legend=legend))
    return save_picture(path, np.concatenate(strips))


def _strip(
    row: dict[str, Panel],
    columns: Sequence[str],
    size: tuple[int, int],
    titled: bool,
    legend: Sequence[tuple[str, Color]] = (),
) -> np.ndarray:
    """One scene from left to right; a task it was not asked stays blank."""
    blank = Panel('', np.full((size[1], size[0], 3), PAPER, dtype=np.uint8))
    panels = [replace(row.get(column, blank), title=column if titled else '') for column in columns]
    return compose(panels, len(columns), legend=legend, text_size=TILE_TEXT)


def _prompt_legend(columns: Sequence[str], known: bool) -> list[tuple[str, Color]]:
    """What the marks of prompts mean; outlines are drawn only where the truth is ``known``."""
    legend: list[tuple[str, Color]] = []
    if 'clicks' in columns:
        legend.append(('click', YES))
    if 'sentence' in columns:
        legend.append(('found by the sentence', HIGHLIGHT))
    if known and ('clicks' in columns or 'sentence' in columns):
        legend.append(('outline: the true object', INK))
    return legend
