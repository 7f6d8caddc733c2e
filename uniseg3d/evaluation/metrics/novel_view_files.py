"""The files that SIU3R's own evaluation reads."""

import json
from pathlib import Path

import numpy as np

from uniseg3d.io.id_images import write_ids
from uniseg3d.io.images import write_png
from uniseg3d.models.postprocess.rendered_labels import STUFF_ID, RenderedLabels
from uniseg3d.models.postprocess.rendered_views import RenderedViews
from uniseg3d.structures.gaussian_scene import GaussianScene
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.utils.files import write_text

CODE = 1000  # class * CODE + instance
ENLARGED = 10  # its depths of drawn views are ten times as large
MILLIMETRES = 1000
Labels = tuple[np.ndarray, np.ndarray]


def write_views(folder: Path, sequence: ViewBatch, answer: GaussianScene, drawn: RenderedViews, labels: Labels | None) -> None:
    """One folder for the scene: ``rgb``, ``depth``, ``context_seg`` and ``target_seg``, drawn and true, and ``pred.json``."""
    scene, names = sequence.scene_ids[0], sequence.names[0]
    here = folder / f'{scene}_context{"_".join(names[view] for view in answer.views)}'
    photos = (sequence.images[0] + 1) / 2
    for view, name in enumerate(names):
        file = f'{scene}_{name}.png'
        write_png(here / 'rgb' / file, _colors(drawn.color[view].movedim(0, -1).numpy(), round_up=False))
        write_png(here / 'rgb_gt' / file, _colors(photos[view].movedim(0, -1).numpy(), round_up=True))
        write_png(here / 'depth' / file, _millimetres(ENLARGED * drawn.blended_depth[view].numpy()))
        if sequence.depth is not None:
            write_png(here / 'depth_gt' / file, _millimetres(sequence.depth[0, view].numpy()))
        groups = ['target', 'context'] if view in answer.views else ['target']
        for group in groups:
            _write_labels(here, group, f'{scene}_{{}}{name}.png', view, drawn.labels, labels)
    write_text(here / 'pred.json', json.dumps([] if drawn.labels is None else _infos(drawn.labels), indent=1))


def _write_labels(folder: Path, group: str, file: str, view: int, found: RenderedLabels | None, labels: Labels | None) -> None:
    if found is not None:
        said = CODE * (found.semantic[view] + 1) + found.instance[view]
        write_ids(folder / f'{group}_seg_pred' / file.format('pred'), said.numpy())
    if labels is not None:
        semantic, instance = (maps[view] for maps in labels)
        known = semantic >= 0
        codes = np.where(known, CODE * (semantic + 1) + np.minimum(instance, CODE - 1), 0)
        write_ids(folder / f'{group}_seg_gt' / file.format('gt'), codes)


def _infos(found: RenderedLabels) -> list[dict[str, int | float | bool]]:
    rows = zip(found.ids.tolist(), found.labels.tolist(), found.scores.tolist(), strict=True)
    return [
        {'id': number, 'label_id': label + 1, 'was_fused': number > STUFF_ID, 'score': round(score, 6)}
        for number, label, score in rows
    ]


def _colors(image: np.ndarray, round_up: bool) -> np.ndarray:
    return (image * 255 + 0.5 * round_up).clip(0, 255).astype(np.uint8)


def _millimetres(depth: np.ndarray) -> np.ndarray:
    return (depth * MILLIMETRES).clip(0, np.iinfo(np.uint16).max).astype(np.uint16)
