"""Class-agnostic objects."""

import torch

from uniseg3d.models.postprocess.objects import find_objects
from uniseg3d.structures import MaskOutput


def output_of(masks, ious):
    return MaskOutput(torch.tensor(masks), torch.zeros(len(masks), 1), ious=torch.tensor(ious))


MASKS = [[8.0, 8.0, -8.0], [8.0, 8.0, -8.0], [-8.0, -0.2, 8.0], [0.1, 0.1, 0.1], [-8.0, -8.0, -8.0]]


def test_good_masks_of_any_class_come_in_decreasing_score():
    found = find_objects(output_of(MASKS, [0.8, 0.9, 0.7, 0.9, 0.9]))
    torch.testing.assert_close(found.scores, torch.tensor([0.9, 0.8, 0.7]), atol=1e-3, rtol=0)
    assert found.masks.tolist() == [[True, True, False], [True, True, False], [False, True, True]]
    assert found.labels.tolist() == [-1, -1, -1] and found.class_probabilities is None


def test_duplicates_fall_only_where_asked():
    output = output_of(MASKS, [0.8, 0.9, 0.7, 0.9, 0.9])
    found = find_objects(output, score_threshold=0.5, nms='linear')
    overlap = 0.45 / 3  # of the first with the third
    torch.testing.assert_close(found.scores, torch.tensor([0.9, 0.7 * (1 - overlap)]), atol=1e-2, rtol=0)
    assert found.masks.tolist() == [[True, True, False], [False, True, True]]


def test_an_empty_mask_is_no_object_and_nothing_gives_nothing():
    assert len(find_objects(output_of([[-1.0, -0.1]], [5.0]), score_threshold=0.0)) == 0
    none = find_objects(MaskOutput(torch.zeros(0, 3), torch.zeros(0, 1), ious=torch.zeros(0)), nms='gaussian')
    assert none.masks.shape == (0, 3) and none.labels.dtype == torch.int64
