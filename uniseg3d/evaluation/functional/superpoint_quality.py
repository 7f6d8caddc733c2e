"""How good superpoints are before any network sees them: what they could reach, and whether they respect objects."""

from dataclasses import dataclass

import numpy as np
import torch
from scipy.spatial import cKDTree

from uniseg3d.evaluation.functional.semantic import semantic_confusion, semantic_scores

NEIGHBOURS = 6


@dataclass
class SuperpointQuality:
    """Sizes are in points. The scores are ``None`` without labels."""

    count: int
    size_quantiles: tuple[int, int, int, int, int]  # minimum, 10 %, median, 90 %, maximum
    size_histogram: tuple[int, ...]  # superpoints of 1, of 2 to 3, of 4 to 7, of 8 to 15 ... points
    achievable_miou: float | None = None  # mIoU if every superpoint took its majority class
    achievable_instance_iou: float | None = None  # mean IoU of the instances, as unions of the superpoints they own most of
    boundary_recall: float | None = None  # share of neighbouring points of different instances that are kept apart


def superpoint_quality(
    ids: np.ndarray,
    xyz: np.ndarray | None = None,
    semantic: np.ndarray | None = None,
    instance: np.ndarray | None = None,
    classes: int = 20,
) -> SuperpointQuality:
    """Measure superpoints ``ids`` [N] (0..M-1) against what is known of the points.

    Args:
        xyz: [N, 3], needed for the boundary recall.
        semantic: [N], 0..classes, where ``classes`` is void.
        instance: [N], -1 = none.
    """
    sizes = np.bincount(ids)
    low, tenth, middle, ninetieth, high = np.quantile(sizes, [0, 0.1, 0.5, 0.9, 1]).astype(int).tolist()
    return SuperpointQuality(
        count=len(sizes),
        size_quantiles=(low, tenth, middle, ninetieth, high),
        size_histogram=tuple(np.bincount(np.frexp(sizes[sizes > 0])[1] - 1).tolist()),
        achievable_miou=None if semantic is None else _achievable_miou(ids, semantic, classes),
        achievable_instance_iou=None if instance is None else _instance_iou(ids, instance),
        boundary_recall=None if instance is None or xyz is None else _boundary_recall(ids, xyz, instance),
    )


def _overlap(ids: np.ndarray, labels: np.ndarray, label_count: int) -> np.ndarray:
    """Points of each superpoint with each label: [M, labels]."""
    flat = np.bincount(ids * label_count + labels, minlength=(int(ids.max()) + 1) * label_count)
    return flat.reshape(-1, label_count)


def _achievable_miou(ids: np.ndarray, semantic: np.ndarray, classes: int) -> float:
    best = _overlap(ids, semantic, classes + 1)[:, :classes].argmax(1)
    confusion = semantic_confusion(torch.from_numpy(best[ids]), torch.from_numpy(semantic), classes)
    return semantic_scores(confusion).miou


def _instance_iou(ids: np.ndarray, instance: np.ndarray) -> float | None:
    if instance.max() < 0:
        return None
    overlap = _overlap(ids, instance + 1, int(instance.max()) + 2)  # column 0: no instance
    owned = 2 * overlap > overlap.sum(1, keepdims=True)
    inside, covered = (overlap * owned).sum(0), (overlap.sum(1, keepdims=True) * owned).sum(0)
    union = overlap.sum(0) + covered - inside
    present = overlap.sum(0)[1:] > 0
    return float((inside[1:] / np.maximum(union[1:], 1))[present].mean())


def _boundary_recall(ids: np.ndarray, xyz: np.ndarray, instance: np.ndarray) -> float | None:
    count = min(NEIGHBOURS + 1, len(xyz))
    if count < 2:
        return None
    near = cKDTree(xyz).query(xyz, k=count)[1][:, 1:]  # [N, k]
    differs = instance[near] != instance[:, None]
    return float((ids[near] != ids[:, None])[differs].mean()) if differs.any() else None
