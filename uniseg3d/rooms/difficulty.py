"""How much of a scene colour, height and surface direction already give away: what a data set must not be.

A class that could be told from a single point would make every model look good. The classifier here is honest: it sees
the true classes of all training points, and the better of two ways to weigh rare classes counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from uniseg3d.io.scannet import RawScan, read_label_map, read_scan
from uniseg3d.text.class_lists import scannet20_table
from uniseg3d.utils.errors import DataError

CLASSES = 20
VOID = 20
LIMIT_ALL, LIMIT_COLOR = 0.35, 0.15  # mIoU on val rooms
HOLES = (0.05, 0.30)  # share of the exposed surface that a scan may miss
COLOR_BINS = 6  # per channel
LEAST_COLOR_OVERLAP = 0.35  # mean histogram intersection of a class with the others
LEAST_SIZE_OVERLAP = 2  # classes whose usual sizes a class must share
LEAST_OBJECTS = 20  # of a class; with fewer, a few unlucky colours look like a pattern
LEAST_OBJECT = 30  # points of an object whose size is counted
RARITY_POWERS = (0.0, 0.5)  # weight of a class = frequency to the minus this


@dataclass(frozen=True)
class LabelledCloud:
    """What a point classifier may see of one scan, and the answers."""

    colors: np.ndarray  # [N, 3] float32, 0..1
    heights: np.ndarray  # [N] float32 metres above the floor
    normals: np.ndarray  # [N, 3] float32, unit length, outward
    classes: np.ndarray  # [N] int64, 0..19, 20 = void
    volumes: dict[int, list[float]]  # cubic metres of the boxes of each class's objects

    def features(self, color_only: bool) -> np.ndarray:
        """[N, 3] colours, or [N, 7] with height and normal."""
        if color_only:
            return self.colors
        return np.column_stack([self.colors, self.heights, self.normals]).astype(np.float32)


def read_cloud(scans: str | Path, scene_id: str, label_map: str | Path) -> LabelledCloud:
    """Cloud of one annotated scan in ScanNet's formats."""
    scan = read_scan(Path(scans) / scene_id, scene_id, annotated=True)
    assert scan.annotation is not None  # asked for
    points = scan.vertices.astype(np.float64) @ scan.annotation.axis_align_matrix[:3, :3].T
    points += scan.annotation.axis_align_matrix[:3, 3]
    classes, volumes = _labels(scan, points, read_label_map(label_map, 'nyu40id'))
    return LabelledCloud(
        colors=(scan.colors / 255).astype(np.float32),
        heights=(points[:, 2] - np.percentile(points[:, 2], 0.5)).astype(np.float32),
        normals=vertex_normals(points, scan.faces).astype(np.float32),
        classes=classes,
        volumes=volumes,
    )


def _labels(scan: RawScan, points: np.ndarray, label_map: dict[str, int]) -> tuple[np.ndarray, dict[int, list[float]]]:
    """Class of each point [N] and box volumes by class."""
    assert scan.annotation is not None
    table = scannet20_table()
    classes = np.full(len(points), VOID)
    volumes: dict[int, list[float]] = {}
    for group in scan.annotation.groups:
        if group.label not in label_map:
            raise DataError(
                f'{scan.scene_id}: the label map has no raw category "{group.label}"; add it or make the rooms again'
            )
        label = int(table[label_map[group.label]])
        members = np.isin(scan.annotation.segments, group.segments)
        classes[members] = label
        if label < CLASSES and members.sum() >= LEAST_OBJECT:
            volumes.setdefault(label, []).append(float(np.maximum(np.ptp(points[members], axis=0), 0.02).prod()))
    return classes, volumes


def vertex_normals(points: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Unit normals [N, 3], area-weighted means over the faces of each vertex; zero where there are none."""
    corners = points[faces]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    total = np.zeros_like(points)
    for column in range(3):
        np.add.at(total, faces[:, column], normal)
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)


def point_classifier_iou(
    train: Sequence[LabelledCloud], val: Sequence[LabelledCloud], color_only: bool = False, steps: int = 800
) -> np.ndarray:
    """IoU [20] on ``val`` of a small network that sees one point at a time; NaN for classes that val lacks."""
    features, classes = _stacked(train, color_only)
    held_out, truth = _stacked(val, color_only)
    scores = []
    for power in RARITY_POWERS:
        network = _fit(features, classes, power, steps)
        with torch.no_grad():
            guess = torch.cat([network(part).argmax(1) for part in held_out.split(65536)])
        scores.append(_iou(guess.numpy(), truth.numpy()))
    return max(scores, key=lambda iou: float(np.nanmean(iou)))


def _stacked(clouds: Sequence[LabelledCloud], color_only: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Features [P, 3 or 7] and classes [P] of all points that have a class."""
    if not clouds:
        raise DataError('no rooms to judge: give at least one training and one val room')
    features = np.concatenate([c.features(color_only)[c.classes < CLASSES] for c in clouds])
    classes = np.concatenate([c.classes[c.classes < CLASSES] for c in clouds])
    return torch.from_numpy(features), torch.from_numpy(classes)


def _fit(features: torch.Tensor, classes: torch.Tensor, power: float, steps: int) -> nn.Module:
    """Train two hidden layers on random points; ``power`` raises rare classes."""
    generator = torch.Generator().manual_seed(0)
    mean, spread = features.mean(0), features.std(0) + 1e-6
    network = _network(features.shape[1], generator)
    frequency = torch.bincount(classes, minlength=CLASSES).clamp(min=1) / len(classes)
    loss = nn.CrossEntropyLoss(weight=frequency**-power)
    optimizer = torch.optim.Adam(network.parameters(), lr=4e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, steps)
    for _ in range(steps):
        batch = torch.randint(len(features), (2048,), generator=generator)
        optimizer.zero_grad()
        loss(network((features[batch] - mean) / spread), classes[batch]).backward()
        optimizer.step()
        schedule.step()
    return nn.Sequential(_Standardize(mean, spread), network)


class _Standardize(nn.Module):
    """Features to zero mean and unit spread, as the network was trained."""

    def __init__(self, mean: torch.Tensor, spread: torch.Tensor) -> None:
        super().__init__()
        self.mean, self.spread = mean, spread

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """[P, F] to [P, F]."""
        return (features - self.mean) / self.spread


def _network(inputs: int, generator: torch.Generator, width: int = 96) -> nn.Sequential:
    """Initialised from ``generator`` alone, so that nobody else's random numbers move the measure."""
    layers = [nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, CLASSES)]
    for layer in layers:
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_uniform_(layer.weight, generator=generator)
            nn.init.zeros_(layer.bias)
    return nn.Sequential(*layers)


def _iou(guess: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """IoU of each class [20]; NaN where the truth lacks it."""
    table = np.bincount(truth * CLASSES + guess, minlength=CLASSES**2).reshape(CLASSES, CLASSES)
    hits, present = np.diag(table), table.sum(1)
    return np.where(present > 0, hits / np.maximum(present + table.sum(0) - hits, 1), np.nan)


def object_counts(clouds: Sequence[LabelledCloud]) -> np.ndarray:
    """Objects of each class, [20]."""
    return np.array([sum(len(cloud.volumes.get(label, ())) for cloud in clouds) for label in range(CLASSES)])


def color_overlaps(clouds: Sequence[LabelledCloud], least_objects: int = 0) -> np.ndarray:
    """Mean over the other classes of the shared part of two colour histograms, 0..1: [20].

    Classes that are absent or have fewer than ``least_objects`` objects get NaN and count for no other class.
    """
    counts = np.zeros((CLASSES + 1, COLOR_BINS**3))
    for cloud in clouds:
        bins = np.minimum((cloud.colors * COLOR_BINS).astype(int), COLOR_BINS - 1) @ (COLOR_BINS ** np.arange(3))
        np.add.at(counts, (cloud.classes, bins), 1)
    totals = counts[:CLASSES].sum(1, keepdims=True)
    shares = counts[:CLASSES] / np.where(totals > 0, totals, np.nan)
    shared = np.minimum(shares[:, None], shares[None]).sum(-1)
    np.fill_diagonal(shared, np.nan)
    present = (totals[:, 0] > 0) & (object_counts(clouds) >= least_objects)
    overlaps = np.full(CLASSES, np.nan)
    if present.sum() > 1:
        overlaps[present] = np.nanmean(shared[np.ix_(present, present)], axis=1)
    return overlaps


def size_overlaps(clouds: Sequence[LabelledCloud]) -> dict[int, int]:
    """For each thing class the number of others whose usual box volumes (the middle 90 %) share a range with its own."""
    volumes: dict[int, list[float]] = {}
    for cloud in clouds:
        for label, values in cloud.volumes.items():
            volumes.setdefault(label, []).extend(values)
    things = {label: np.percentile(values, [5, 95]) for label, values in volumes.items() if label >= 2}
    return {
        label: sum(bool(low <= other[1] and other[0] <= high) for name, other in things.items() if name != label)
        for label, (low, high) in things.items()
    }
