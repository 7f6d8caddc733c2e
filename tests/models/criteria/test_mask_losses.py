"""Row losses of mask logits against numbers worked out by hand."""

import math

import pytest
import torch

from uniseg3d.models.criteria.mask_losses import dice_rows, entropy_rows, iou_rows, probability_entropy

LOGITS = torch.tensor([[0.0, 0.0, 100.0, -100.0], [100.0, 100.0, -100.0, -100.0]])
TARGETS = torch.tensor([[1.0, 0.0, 1.0, 0.0], [1.0, 1.0, 0.0, 1.0]])


def test_entropy():
    assert entropy_rows(LOGITS, TARGETS).tolist() == pytest.approx([2 * math.log(2) / 4, 100 / 4])


def test_dice():
    assert dice_rows(LOGITS, TARGETS).tolist() == pytest.approx(
        [1 - (2 * 1.5 + 1) / (2 + 2 + 1), 1 - (2 * 2 + 1) / (2 + 3 + 1)]
    )


def test_iou_counts_a_logit_of_zero_as_inside_and_has_no_gradient():
    got = iou_rows(LOGITS.clone().requires_grad_(), TARGETS)
    assert got.tolist() == pytest.approx([2 / 3, 2 / 3], rel=1e-5)
    assert not got.requires_grad


def test_iou_of_nothing_with_nothing_is_zero():
    assert iou_rows(torch.full((1, 3), -1.0), torch.zeros(1, 3)).tolist() == [0.0]


@pytest.mark.parametrize('rows', [0, 2])
def test_no_rows_are_no_losses(rows):
    for loss in (entropy_rows, dice_rows, iou_rows):
        assert loss(LOGITS[:rows], TARGETS[:rows]).shape == (rows,)


def test_both_forms_of_probability_entropy_agree_where_nobody_is_sure():
    logits, teacher = torch.tensor([0.5, -2.0]), torch.tensor([1.0, 0.0])
    torch.testing.assert_close(probability_entropy(logits, teacher), probability_entropy(logits, teacher, saturating=True))


def test_a_sure_mistake_is_only_corrected_where_probabilities_are_not_rounded():
    teacher = torch.tensor([-50.0])
    for saturating, value, slope in ((True, 100.0, 0.0), (False, 50.0, 1.0)):
        logits = torch.tensor([50.0], requires_grad=True)
        loss = probability_entropy(logits, teacher, saturating)
        loss.backward()
        assert (loss.item(), logits.grad.item()) == pytest.approx((value, slope))


def test_a_teacher_learns_nothing():
    teacher = torch.tensor([0.3], requires_grad=True)
    probability_entropy(torch.tensor([0.1], requires_grad=True), teacher).backward()
    assert teacher.grad is None
