"""From annotated segments to labels and boxes, bit for bit as the released data was made."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from uniseg3d.io.scannet import Annotation, SegmentGroup, read_label_map
from uniseg3d.text.class_lists import class_list, label_table, meta_path, scannet20_table
from uniseg3d.utils.errors import DataError

LARGEST_ID = 65535  # of classes


@dataclass(frozen=True)
class LabelSpace:
    """Which column of the label map labels are taken from, and which of its ids get boxes."""

    column: str
    box_ids: tuple[int, ...]


def label_space(scannet200: bool) -> LabelSpace:
    """ScanNet200's own ids, or the nyu40 ids of the 20 classes."""
    if scannet200:
        return LabelSpace('id', class_list('scannet200.instance198').raw_ids)
    classes = class_list('scannet20')
    return LabelSpace('nyu40id', tuple(classes.raw_ids[i] for i in classes.things))


@cache
def class_table(scannet200: bool, classes: str = 'scannet20') -> np.ndarray:
    """Class of each raw id of a label space: [ids] int64. ScanNet200's go through the nyu40 id of their category.

    Of other lists than ScanNet's ``classes`` every id up to ``LARGEST_ID`` may occur.
    """
    if classes != 'scannet20':
        return label_table(class_list(classes), LARGEST_ID + 1)
    if not scannet200:
        return scannet20_table()
    path = meta_path('scannet/scannetv2-labels.combined.tsv')
    fine, coarse = read_label_map(path, 'id'), read_label_map(path, 'nyu40id')
    table = np.full(max(fine.values()) + 1, len(class_list('scannet20')), dtype=np.int64)
    nyu40 = label_table(class_list('scannet20'), max(coarse.values()) + 2)
    for category, number in fine.items():
        table[number] = nyu40[coarse[category]]
    return table


@dataclass
class Labels:
    """Annotation of a scan, vertex by vertex."""

    semantic: np.ndarray  # [N] uint32, raw id of the label space, 0 = none
    instance: np.ndarray  # [N] uint32, objectId + 1, 0 = none
    unaligned_boxes: np.ndarray  # [n, 7] float64: centre, size, raw id; metres, scan frame
    aligned_boxes: np.ndarray  # [n, 7] float64, the same in the aligned frame
    axis_align_matrix: np.ndarray  # [4, 4] float64


def label_vertices(vertices: np.ndarray, annotation: Annotation, label_map: dict[str, int], space: LabelSpace) -> Labels:
    """Labels and boxes of a scan whose vertices [N, 3] are in the scan frame, metres."""
    segments, segment_of_vertex = np.unique(annotation.segments, return_inverse=True)
    places = [_places(group, segments) for group in annotation.groups]
    semantic = _semantic_of_segment(annotation.groups, places, len(segments), label_map)
    instance = np.zeros(len(segments), np.uint32)
    for group, place in zip(annotation.groups, places, strict=True):
        instance[place] = group.object_id + 1  # a segment of two groups belongs to the later one

    classes = np.zeros(len(places), np.uint32)
    for group, place in zip(annotation.groups, places, strict=True):
        classes[group.object_id] = semantic[place[0]] if len(place) else 0
    instance = instance[segment_of_vertex]
    matrix = annotation.axis_align_matrix
    aligned = np.concatenate([vertices, np.ones((len(vertices), 1))], axis=1) @ matrix.T
    return Labels(
        semantic=semantic[segment_of_vertex],
        instance=instance,
        unaligned_boxes=_boxes(vertices, instance, classes, space),
        aligned_boxes=_boxes(aligned[:, :3], instance, classes, space),
        axis_align_matrix=matrix,
    )


def category_ids(annotation: Annotation, label_map: dict[str, int]) -> np.ndarray:
    """Id of each vertex's category in another label space [N] uint32, 0 = none; painted like the labels."""
    segments, segment_of_vertex = np.unique(annotation.segments, return_inverse=True)
    places = [_places(group, segments) for group in annotation.groups]
    return _semantic_of_segment(annotation.groups, places, len(segments), label_map)[segment_of_vertex]


def _places(group: SegmentGroup, segments: np.ndarray) -> np.ndarray:
    """Rows of a group's segments among the sorted segments of the scan."""
    places = np.searchsorted(segments, group.segments).clip(max=len(segments) - 1)
    unknown = group.segments[segments[places] != group.segments]
    if unknown.size:
        raise DataError(f'object {group.object_id} ("{group.label}") lists segment {unknown[0]}, which no vertex belongs to')
    return places


def _semantic_of_segment(
    groups: list[SegmentGroup], places: list[np.ndarray], count: int, label_map: dict[str, int]
) -> np.ndarray:
    """Raw id of each segment. Labels paint one after the other, in the order in which they first occur."""
    semantic = np.zeros(count, np.uint32)
    for label in dict.fromkeys(group.label for group in groups):
        if label not in label_map:
            raise DataError(f'label "{label}" is missing from the label map; add a row for it or correct the aggregation file')
        for group, place in zip(groups, places, strict=True):
            if group.label == label:
                semantic[place] = label_map[label]
    return semantic


def _boxes(points: np.ndarray, instance: np.ndarray, classes: np.ndarray, space: LabelSpace) -> np.ndarray:
    """Boxes [n, 7] of the objects whose class gets one, in order of their ids."""
    boxes = np.zeros((len(classes), 7))
    low, high, present = object_extents(points, instance)
    boxes[present, :3] = (low + high) / 2
    boxes[present, 3:6] = high - low
    boxes[present, 6] = classes[present]  # an object that later ones painted over keeps class 0 and drops out
    return boxes[np.isin(boxes[:, 6], space.box_ids)]


def object_extents(points: np.ndarray, instance: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Smallest and largest corner [n, 3] of the objects that have points, and their object ids [n] (``instance`` - 1)."""
    order = np.argsort(instance, kind='stable')
    ids, starts = np.unique(instance[order], return_index=True)
    low = np.minimum.reduceat(points[order], starts, axis=0)
    high = np.maximum.reduceat(points[order], starts, axis=0)
    objects = ids > 0
    return low[objects], high[objects], ids[objects].astype(np.int64) - 1
