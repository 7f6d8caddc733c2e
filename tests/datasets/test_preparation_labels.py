"""Labels and boxes from segments: overlaps, order, and annotations that contradict the mesh."""

import numpy as np
import pytest

from uniseg3d.datasets.preparation.labels import label_space, label_vertices, object_extents
from uniseg3d.io.scannet import Annotation, SegmentGroup
from uniseg3d.utils.errors import DataError

MAP = {'chair': 5, 'table': 7, 'lamp': 35, 'wall': 1}
XYZ = np.array([[0, 0, 0], [1, 0, 0], [0, 2, 0], [4, 4, 4], [5, 4, 4], [9, 9, 9]], np.float32)
SEGMENTS = np.array([50, 50, 7, 7, -2, 9])


def label(*groups: tuple[int, str, list[int]], matrix: np.ndarray | None = None, label_map=MAP):  # type: ignore[no-untyped-def]
    annotation = Annotation(
        SEGMENTS,
        [SegmentGroup(object_id, name, np.array(segments, dtype=np.int64)) for object_id, name, segments in groups],
        np.eye(4) if matrix is None else matrix,
    )
    return label_vertices(XYZ, annotation, label_map, label_space(scannet200=False))


def test_unnamed_segments_stay_unlabelled() -> None:
    labels = label((0, 'chair', [50]), (1, 'wall', [-2]))
    assert labels.semantic.tolist() == [5, 5, 0, 0, 1, 0]
    assert labels.instance.tolist() == [1, 1, 0, 0, 2, 0]
    assert labels.semantic.dtype == labels.instance.dtype == np.uint32


def test_later_group_and_later_label_win() -> None:
    # chair occurs first, so table paints over it, although a chair group comes last
    labels = label((1, 'chair', [50]), (0, 'table', [50, 7]), (2, 'chair', [7]))
    assert labels.semantic.tolist() == [7, 7, 7, 7, 0, 0]
    assert labels.instance.tolist() == [1, 1, 3, 3, 0, 0]


def test_boxes_hold_centre_size_and_class() -> None:
    labels = label((0, 'table', [7]), (1, 'chair', [50]))
    assert labels.unaligned_boxes.tolist() == [[2, 3, 2, 4, 2, 4, 7], [0.5, 0, 0, 1, 0, 0, 5]]
    assert labels.unaligned_boxes.dtype == np.float64


def test_only_things_get_boxes() -> None:
    labels = label((0, 'wall', [9]), (1, 'lamp', [7]), (2, 'chair', [50]))
    assert labels.unaligned_boxes[:, 6].tolist() == [5]


def test_aligned_boxes_follow_the_matrix() -> None:
    matrix = np.array([[0.0, -1, 0, 10], [1, 0, 0, 20], [0, 0, 1, 30], [0, 0, 0, 1]])
    labels = label((0, 'table', [7]), matrix=matrix)
    assert np.allclose(labels.aligned_boxes, [[7, 22, 32, 2, 4, 4, 7]])
    assert np.array_equal(labels.axis_align_matrix, matrix)


def test_object_that_was_painted_over_has_no_box() -> None:
    labels = label((0, 'chair', [50]), (1, 'chair', [50]))
    assert labels.unaligned_boxes.shape == (1, 7)
    assert set(labels.instance.tolist()) == {0, 2}


def test_group_without_segments_and_no_groups_at_all() -> None:
    assert label((0, 'chair', [])).aligned_boxes.shape == (0, 7)
    empty = label()
    assert not empty.semantic.any()
    assert empty.unaligned_boxes.shape == (0, 7)


def test_label_missing_from_the_map_is_named() -> None:
    with pytest.raises(DataError, match='"piano" is missing'):
        label((0, 'piano', [50]))


def test_segment_without_vertices_is_named() -> None:
    with pytest.raises(DataError, match=r'object 1 \("table"\) lists segment 8'):
        label((0, 'chair', [50]), (1, 'table', [7, 8]))


def test_label_spaces_differ() -> None:
    nyu, fine = label_space(False), label_space(True)
    assert (nyu.column, len(nyu.box_ids)) == ('nyu40id', 18)
    assert (fine.column, len(fine.box_ids)) == ('id', 198)


def test_extents_skip_unannotated_points() -> None:
    low, high, ids = object_extents(XYZ, np.array([3, 3, 0, 1, 1, 0]))
    assert ids.tolist() == [0, 2]
    assert low.tolist() == [[4, 4, 4], [0, 0, 0]]
    assert high.tolist() == [[5, 4, 4], [1, 0, 0]]
