import numpy as np
import pytest

from uniseg3d.evaluation.functional.label_maps import (
    class_ious,
    class_ious_original,
    label_confusion,
    panoptic_counts_original,
)
from uniseg3d.evaluation.functional.panoptic import panoptic_scores
from uniseg3d.utils.errors import DataError

STUFF = (0,)


def line(*labels: int) -> np.ndarray:
    return np.array(labels)[None]


def test_what_is_said_about_unknown_pixels_counts_for_the_original_only() -> None:
    confusion = label_confusion(line(0, 0, 1, 1), line(0, -1, 1, -1), 3)
    np.testing.assert_array_equal(class_ious(confusion), [1, 1, np.nan])
    np.testing.assert_array_equal(class_ious_original(confusion), [0.5, 0.5, 0])


def test_saying_nothing_is_a_miss() -> None:
    np.testing.assert_array_equal(class_ious(label_confusion(line(1, -1), line(1, 1), 2)), [np.nan, 0.5])


def test_confusions_of_scenes_add_up() -> None:
    rng = np.random.default_rng(0)
    said, real = rng.integers(-1, 4, (2, 3, 5, 7))
    whole = label_confusion(said, real, 4)
    np.testing.assert_array_equal(whole, sum(label_confusion(a, b, 4) for a, b in zip(said, real, strict=True)))
    assert whole.sum() == said.size and whole[4, 2] == ((real == -1) & (said == 2)).sum()


def counts(said, said_segment, real, real_segment):
    return panoptic_counts_original(line(*said), line(*said_segment), line(*real), line(*real_segment), 3, STUFF)


def test_segments_need_the_same_class_and_most_of_their_pixels() -> None:
    found = counts([1] * 6, [1, 1, 1, 2, 2, 2], [1] * 6, [7, 7, 7, 7, 8, 8])
    assert found.tp.tolist() == [0, 2, 0] and found.iou[1] == pytest.approx(3 / 4 + 2 / 3)
    found = counts([1] * 4, [1] * 4, [2] * 4, [1] * 4)
    assert found.tp.sum() == 0 and found.fp.tolist() == [0, 1, 0] and found.fn.tolist() == [0, 0, 1]


def test_stuff_is_one_segment_whatever_its_numbers() -> None:
    found = counts([0] * 4, [1, 2, 3, 4], [0] * 4, [5, 5, 6, 6])
    assert found.tp.tolist() == [1, 0, 0] and found.iou[0] == 1


def test_void_counts_neither_for_nor_against() -> None:
    found = counts([1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, -1], [1, 1, 1, 0])
    assert found.tp[1] == 1 and found.iou[1] == 1
    found = counts([2, 2, 2], [1, 1, 1], [-1, -1, 1], [0, 0, 1])
    assert found.fp[2] == 0 and found.fn[1] == 1  # the segment lies mostly where nothing is known


def test_saying_nothing_misses_no_segment() -> None:
    assert counts([-1, 1, 1, 1], [0, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1]).iou[1] == 1
    assert counts([-1, -1, -1, 2], [0, 0, 0, 1], [1, 1, 1, 1], [1, 1, 1, 1]).fn.sum() == 0
    assert counts([-1, -1, 2, 2], [0, 0, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1]).fn.tolist() == [0, 1, 0]


def test_nothing_said_and_nothing_asked() -> None:
    nothing = counts([-1, -1], [0, 0], [-1, -1], [0, 0])
    assert nothing.tp.sum() + nothing.fp.sum() + nothing.fn.sum() == 0
    assert not panoptic_scores(nothing).present.any()
    assert counts([-1, -1], [0, 0], [1, 1], [1, 1]).fn.sum() == 0


def test_maps_that_do_not_fit() -> None:
    with pytest.raises(DataError, match='differ in shape'):
        label_confusion(line(0, 1), line(0), 2)
    with pytest.raises(DataError, match='predicted labels hold classes 0 to 5; expected 0 to 1'):
        label_confusion(line(0, 5), line(0, 1), 2)
