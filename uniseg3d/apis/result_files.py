"""What a model answered, as files: coloured clouds, arrays, a summary and pictures."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from uniseg3d.apis.opened_scene import Groups, OpenedScene
from uniseg3d.apis.user_prompts import Click, PhotoClick, as_clicks, as_texts, positions_of
from uniseg3d.io.arrays import write_npz
from uniseg3d.io.ply import PlyMesh, write_ply
from uniseg3d.io.predictions import write_prediction
from uniseg3d.structures import MaskSet, Prediction, Prompts, Sample, Superpoints
from uniseg3d.text.class_lists import ClassList
from uniseg3d.utils.files import write_text
from uniseg3d.visualization import SceneVisualizer
from uniseg3d.visualization.paint import first_mask, panoptic_map, predicted_semantic
from uniseg3d.visualization.palette import instance_colors, paint_labels, paint_segments

MOST_DRAWN = 300_000  # points; pictures do not get better with more


@dataclass(frozen=True)
class Request:
    """What was asked of a scene, and what is wanted of the answer."""

    clicks: Sequence[Sequence[Click | PhotoClick]] = ()
    texts: Sequence[str] = ()
    names: Sequence[str] | None = None
    min_score: float = 0.3  # of instances in files; prediction.npz has all
    clouds: bool = True
    pictures: bool = True


class ResultWriter:
    """Writes the results of one scene below ``folder``."""

    def __init__(self, folder: Path, scene: OpenedScene, prediction: Prediction, request: Request, classes: ClassList) -> None:
        self.folder, self.scene, self.request, self.classes = folder, scene, request, classes
        self.clicks = [[click for click in group if isinstance(click, Click)] for group in request.clicks]
        self.whole = prediction
        likely = (self._likely(masks) for masks in (prediction.instances, prediction.named))
        self.prediction = replace(prediction, instances=next(likely), named=next(likely))

    def _likely(self, masks: MaskSet | None) -> MaskSet | None:
        if masks is None:
            return None
        kept = masks.scores >= self.request.min_score
        return MaskSet(masks.masks[kept], masks.scores[kept], masks.labels[kept])

    def write(self, classes_name: str) -> list[Path]:
        """Paths of all files; ``classes_name`` is the class list that pictures are drawn with."""
        labels = dict(self._labels())
        paths = [self._write_arrays(labels), self._write_prediction(), self._write_summary()]
        if self.request.clouds:
            paths += self._write_clouds(labels)
        if self.request.pictures:
            sample, prediction = drawn_sample(self.scene, self.prediction, self.clicks, self.request.texts)
            paths += SceneVisualizer(classes_name).draw(sample, prediction, self.folder)
        return paths

    def _labels(self) -> Iterator[tuple[str, np.ndarray]]:
        """For each task a number per point [N], -1 = none: class, instance, segment, prompt."""
        p = self.prediction
        if p.semantic is not None:
            yield 'semantic', predicted_semantic(p)
        if p.panoptic is not None:
            yield 'panoptic', panoptic_map(p.panoptic, p.superpoints)
        for name in ('instances', 'named', 'clicks', 'texts'):
            masks = getattr(p, name)
            if masks is not None:
                yield name, first_mask(masks.masks, p.superpoints)

    def _write_arrays(self, labels: dict[str, np.ndarray]) -> Path:
        """One row per point of the file; points without coordinates have -1."""
        arrays = {name: self.scene.cloud.on_file(values.astype(np.int32)) for name, values in labels.items()}
        write_npz(self.folder / 'labels.npz', **arrays)
        return self.folder / 'labels.npz'

    def _write_prediction(self) -> Path:
        write_prediction(self.folder / 'prediction.npz', self.whole)
        return self.folder / 'prediction.npz'

    def _write_clouds(self, labels: dict[str, np.ndarray]) -> list[Path]:
        """The points of the file in the colours of each task; property ``label`` holds the number."""
        xyz, paths = self.scene.cloud.in_file().astype(np.float32), []
        for name, values in labels.items():
            paths.append(self.folder / f'{name}.ply')
            write_ply(paths[-1], PlyMesh(xyz, self._colors(name, values), extra={'label': values.astype(np.int32)}))
        return paths

    def _colors(self, name: str, values: np.ndarray) -> np.ndarray:
        if name == 'semantic':
            return paint_labels(values, self.classes.colors)
        if name == 'panoptic':
            things = instance_colors(int(values.max(initial=0)) + 1)
            return paint_labels(values, np.concatenate([self.classes.colors[list(self.classes.stuff)], things]))
        return paint_segments(self.scene.cloud.color, values, instance_colors(int(values.max(initial=-1)) + 1))

    def _write_summary(self) -> Path:
        cloud = self.scene.cloud
        content: dict[str, Any] = {
            'scene': cloud.name,
            'points': cloud.file_points,
            'points_without_result': cloud.file_points - len(cloud),
            'superpoints': len(self.prediction.superpoints),
            'notes': cloud.notes,
            'file_to_metres_z_up': cloud.to_model.tolist(),
            'classes': list(self.classes.names),
            'semantic': self._class_shares(),
        }
        names = {'instances': self.classes.thing_names, 'named': self.request.names or ()}
        for task, labels in names.items():
            content[task] = [self._described(masks, row, labels) for masks, row in _rows(getattr(self.prediction, task))]
        for task, asked in (('clicks', [_plain(group) for group in self.clicks]), ('texts', self.request.texts)):
            found = [
                self._described(masks, row, self.classes.thing_names) for masks, row in _rows(getattr(self.prediction, task))
            ]
            content[task] = [{'asked': question, **answer} for question, answer in zip(asked, found, strict=True)]
        write_text(self.folder / 'summary.json', json.dumps(content, indent=1, ensure_ascii=False))
        return self.folder / 'summary.json'

    def _class_shares(self) -> dict[str, float]:
        """Share of the points that each class has, largest first."""
        if self.prediction.semantic is None:
            return {}
        sizes = self.prediction.superpoints.sizes.double()
        points = torch.zeros(len(self.classes), dtype=torch.float64).index_add_(0, self.prediction.semantic, sizes)
        shares = (points / sizes.sum()).tolist()
        order = sorted(range(len(shares)), key=lambda i: -shares[i])
        return {self.classes.names[i]: round(shares[i], 5) for i in order if shares[i] > 0}

    def _described(self, masks: MaskSet, row: int, names: Sequence[str]) -> dict[str, Any]:
        """Class, score, size and box of a mask, metres in the model's frame."""
        inside = masks.masks[row][self.scene.sample.superpoints.ids].numpy()
        points = self.scene.copy.xyz[inside]
        label = int(masks.labels[row])
        return {
            'class': names[label] if 0 <= label < len(names) else None,
            'score': round(float(masks.scores[row]), 4),
            'points': int(self.prediction.superpoints.sizes[masks.masks[row]].sum()),
            'box_metres': [points.min(0).round(3).tolist(), points.max(0).round(3).tolist()] if len(points) else None,
        }


def drawn_sample(scene: OpenedScene, prediction: Prediction, groups: Groups, texts: Sequence[str]) -> tuple[Sample, Prediction]:
    """What the pictures of a scene show: not more of its points than they can, with its prompts."""
    sample = scene.sample
    ids = sample.superpoints.ids
    rows = drawn_rows(sample.superpoints, MOST_DRAWN)
    points = scene.points_at(positions_of(groups), float('inf'))
    places = torch.searchsorted(rows, torch.from_numpy(points)).clamp(max=len(rows) - 1).numpy()
    clicks = as_clicks(groups, places, ids[rows].numpy())
    shown = replace(sample.scene, xyz=sample.scene.xyz[rows], features=sample.scene.features[rows], rows=None)
    parts = Superpoints(ids[rows])
    prompts = Prompts(clicks, as_texts(texts))
    return Sample(shown, parts, prompts), replace(prediction, superpoints=parts)


def drawn_rows(superpoints: Superpoints, most: int) -> torch.Tensor:
    """About ``most`` points at the most, increasing, at least one of each superpoint [n]."""
    ids = superpoints.ids
    rows = torch.arange(len(ids))
    if len(ids) <= most:
        return rows
    first = torch.zeros(len(superpoints), dtype=torch.long).scatter_(0, ids, rows)
    return torch.cat([first, torch.randperm(len(ids), generator=torch.Generator().manual_seed(0))[:most]]).unique()


def _rows(masks: MaskSet | None) -> Iterator[tuple[MaskSet, int]]:
    if masks is not None:
        yield from ((masks, row) for row in range(len(masks)))


def _plain(group: Sequence[Click]) -> list[dict[str, Any]]:
    return [{'position': list(click.position), 'positive': click.positive} for click in group]
