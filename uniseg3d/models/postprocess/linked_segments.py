"""Segments of views that were looked at one by one, put together by where they lie in space."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_matrix
from torch import Tensor

from uniseg3d.structures.panoptic_views import PanopticViews
from uniseg3d.utils.errors import DataError


@dataclass
class _Objects:
    """What is known after some views."""

    cells: csr_matrix  # [objects, cells] of 0 and 1
    labels: np.ndarray  # [objects]


def link_segments(
    singles: Sequence[PanopticViews],
    points: Tensor,  # [V, H, W, 3], of all views in one frame
    size: float = 0.02,  # of the cells that masks are compared in, as a share of the median distance from the first camera
    least_iou: float = 0.25,
) -> PanopticViews:
    """Every one of ``singles`` is of one view. Segments of one class are one object if they share enough cells of space.

    Views come in order; a segment goes to the object of its class that it overlaps most, each object to one segment of a
    view. Only cells that both the view and one before it have seen are compared, as no view sees all of an object.
    """
    if [tuple(single.segments[0].shape) for single in singles] != [tuple(view.shape[:2]) for view in points]:
        raise DataError('link_segments: expected the panoptic map of one view for each map of points, of its size')
    cells, count = _cells(points, size)
    objects = _Objects(csr_matrix((0, count)), np.zeros(0, np.int64))
    seen = np.zeros(count, bool)
    ids = []
    for single, own in zip(singles, cells, strict=True):
        masks = _masks(single.segments[0], own, len(single.labels), count)
        common = np.zeros(count, bool)
        common[own] = True
        place = _partners(masks, single.labels.cpu().numpy(), objects, seen & common, least_iou)
        objects = _joined(objects, masks, single.labels.cpu().numpy(), place)
        seen |= common
        ids.append(torch.from_numpy(place).to(single.labels))
    return _renumbered(singles, ids, objects.labels)


def _cells(points: Tensor, share: float) -> tuple[np.ndarray, int]:
    """Cell of every pixel [V, H * W], numbered from 0, and how many there are."""
    flat = points.detach().float().cpu().numpy().reshape(-1, 3)
    flat = np.where(np.isfinite(flat), flat, 0)
    edge = max(share * float(np.median(np.linalg.norm(flat, axis=1))), 1e-6)
    place = np.unique(np.floor(flat / edge).clip(-(2**40), 2**40).astype(np.int64), axis=0, return_inverse=True)[1]
    return place.reshape(len(points), -1), int(place.max()) + 1


def _masks(segments: Tensor, cells: np.ndarray, count: int, width: int) -> csr_matrix:
    """Cells [count, width] that the segments 1..count of a view hold."""
    segment = segments.flatten().cpu().numpy()
    pairs = np.unique(np.stack([segment, cells])[:, segment > 0], axis=1)
    return csr_matrix((np.ones(pairs.shape[1]), (pairs[0] - 1, pairs[1])), (count, width))


def _partners(masks: csr_matrix, labels: np.ndarray, objects: _Objects, common: np.ndarray, least_iou: float) -> np.ndarray:
    """Object of each segment [n]; those that are new come after the known ones."""
    shared = (masks @ objects.cells.T).toarray()  # only cells that were seen before can be shared
    sizes, known = masks @ common.astype(float), objects.cells @ common.astype(float)
    iou = shared / (sizes[:, None] + known - shared).clip(min=1)
    iou = np.where((labels[:, None] == objects.labels) & (iou >= least_iou), iou, 0)
    place = np.full(len(labels), -1)
    row, column = linear_sum_assignment(-iou)
    linked = iou[row, column] > 0
    place[row[linked]] = column[linked]
    place[place < 0] = len(objects.labels) + np.arange((place < 0).sum())
    return place


def _joined(objects: _Objects, masks: csr_matrix, labels: np.ndarray, place: np.ndarray) -> _Objects:
    count = max(len(objects.labels), int(place.max(initial=-1)) + 1)
    grown = csr_matrix((objects.cells.data, objects.cells.indices, np.append(
        objects.cells.indptr, np.full(count - len(objects.labels), objects.cells.indptr[-1])
    )), (count, masks.shape[1]))  # fmt: skip
    mover = csr_matrix((np.ones(len(place)), (place, np.arange(len(place)))), (count, len(place)))
    every = (grown + mover @ masks).astype(bool).astype(float)
    known = np.append(objects.labels, np.zeros(count - len(objects.labels), np.int64))
    known[place] = labels
    return _Objects(csr_matrix(every), known)


def _renumbered(singles: Sequence[PanopticViews], ids: Sequence[Tensor], labels: np.ndarray) -> PanopticViews:
    """All views with the numbers of the objects; an object is as sure as the surest of its segments."""
    device = singles[0].labels.device
    scores = torch.zeros(len(labels), device=device)
    queries = torch.full((len(labels),), -1, device=device)
    maps = []
    for single, own in zip(singles, ids, strict=True):
        scores.scatter_reduce_(0, own, single.scores.float(), 'amax')
        queries[own] = single.queries
        maps.append(torch.nn.functional.pad(own + 1, (1, 0))[single.segments[0]])
    confidence = [single.confidence[0] for single in singles]
    return PanopticViews(maps, confidence, torch.from_numpy(labels).to(device), scores, queries)
