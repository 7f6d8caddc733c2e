"""Masks of clicks and sentences."""

import pytest
import torch

from uniseg3d.models.postprocess.prompts import prompt_masks
from uniseg3d.structures import MaskOutput


def output_of(masks, classes):
    return MaskOutput(torch.tensor(masks), torch.zeros(len(masks), 1), torch.tensor(classes))


def test_every_prompt_gets_a_row_even_an_empty_one():
    found = prompt_masks(output_of([[3.0, -3.0, -0.3], [-5.0, -5.0, -5.0]], [[2.0, 0.0, 0.0], [0.0, 5.0, 9.0]]))
    assert found.masks.tolist() == [[True, False, True], [False, False, False]]  # sigmoid(-0.3) = 0.43
    assert found.labels.tolist() == [0, 1]
    assert found.scores[1] == 0


def test_the_void_column_is_in_the_softmax_and_dropped():
    found = prompt_masks(output_of([[3.0]], [[2.0, 1.0, 4.0]]))
    expected = torch.tensor([2.0, 1.0, 4.0]).softmax(0)[:2]
    torch.testing.assert_close(found.class_probabilities, expected[None])
    assert float(found.scores) == pytest.approx(float(expected[0] * torch.tensor(3.0).sigmoid()), rel=1e-4)


def test_no_prompt_gives_an_empty_set():
    found = prompt_masks(MaskOutput(torch.zeros(0, 4), torch.zeros(0, 1), torch.zeros(0, 19)))
    assert found.masks.shape == (0, 4) and found.class_probabilities.shape == (0, 18) and found.labels.dtype == torch.int64


def test_the_threshold_is_exclusive():
    masks = [[0.0, 0.1]]
    assert prompt_masks(output_of(masks, [[0.0, 0.0]]), mask_threshold=0.5).masks.tolist() == [[False, True]]
