"""Masks of clicks and sentences."""

import pytest
import torch

from uniseg3d.models.postprocess.prompts import prompt_masks, take_objects
from uniseg3d.structures import MaskOutput, MaskSet


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


def objects_of(*masks):
    return MaskSet(torch.tensor(masks), torch.ones(len(masks)), torch.full((len(masks),), -1))


SIZES = torch.tensor([10, 10, 10, 10])


def test_a_prompt_torn_between_two_objects_takes_the_likelier_one_whole():
    logits = torch.tensor([[3.0, 2.0, 0.5, 0.4]])
    prompts = prompt_masks(output_of(logits.tolist(), [[2.0, 0.0]]))
    assert prompts.masks.all()  # both
    taken = take_objects(prompts, logits, objects_of([False, False, True, True], [True, True, False, False]), SIZES)
    assert taken.masks.tolist() == [[True, True, False, False]]
    assert torch.equal(taken.scores, prompts.scores) and torch.equal(taken.labels, prompts.labels)


def test_points_count_not_superpoints():
    logits = torch.tensor([[4.0, 4.0, -4.0, -4.0]])
    prompts = prompt_masks(output_of(logits.tolist(), [[2.0, 0.0]]))
    pair = objects_of([True, False, False, False], [False, True, False, False])
    assert take_objects(prompts, logits, pair, torch.tensor([1, 50, 1, 1])).masks.tolist() == [[False, True, False, False]]
    assert take_objects(prompts, logits, pair, torch.tensor([50, 1, 1, 1])).masks.tolist() == [[True, False, False, False]]


def test_a_sure_small_part_loses_to_the_whole():
    logits = torch.tensor([[4.0, 3.5, 3.0, -6.0]])
    prompts = prompt_masks(output_of(logits.tolist(), [[2.0, 0.0]]))
    taken = take_objects(prompts, logits, objects_of([True, False, False, False], [True, True, True, False]), SIZES)
    assert taken.masks.tolist() == [[True, True, True, False]]


def test_without_objects_or_prompts_nothing_changes():
    logits = torch.tensor([[3.0, -3.0, -3.0, -3.0]])
    prompts = prompt_masks(output_of(logits.tolist(), [[2.0, 0.0]]))
    none = MaskSet(torch.zeros(0, 4, dtype=torch.bool), torch.zeros(0), torch.zeros(0, dtype=torch.long))
    assert take_objects(prompts, logits, none, SIZES) is prompts
    empty = prompt_masks(MaskOutput(torch.zeros(0, 4), torch.zeros(0, 1), torch.zeros(0, 19)))
    assert len(take_objects(empty, torch.zeros(0, 4), objects_of([True] * 4), SIZES)) == 0
