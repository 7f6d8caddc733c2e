"""Costs of all pairs at once are those of each pair alone."""

import pytest
import torch
import torch.nn.functional as F

from uniseg3d.models.criteria.costs import class_costs, mask_costs
from uniseg3d.models.criteria.mask_losses import dice_rows, entropy_rows


@pytest.mark.parametrize(('queries', 'masks'), [(4, 3), (1, 1), (0, 2), (3, 0)])
def test_mask_costs_are_the_losses_of_the_pairs(queries, masks):
    generator = torch.Generator().manual_seed(0)
    logits = 4 * torch.randn(queries, 11, generator=generator)
    targets = torch.rand(masks, 11, generator=generator) < 0.4
    entropy, dice = mask_costs(logits, targets)
    assert entropy.shape == dice.shape == (queries, masks)
    for mask in range(masks):
        goal = targets[mask].float().expand(queries, -1)
        torch.testing.assert_close(entropy[:, mask], entropy_rows(logits, goal))
        torch.testing.assert_close(dice[:, mask], dice_rows(logits, goal))


def test_mask_costs_of_sure_masks_stay_finite():
    entropy, dice = mask_costs(torch.tensor([[1e4, -1e4], [-1e4, 1e4]]), torch.tensor([[True, False]]))
    assert entropy[:, 0].tolist() == [0.0, 1e4]
    assert dice[:, 0].tolist() == pytest.approx([0.0, 1 - 1 / 3])


def test_class_costs_are_minus_probabilities():
    logits = torch.tensor([[0.0, 1.0, 2.0], [3.0, 0.0, 0.0]])
    expected = -F.softmax(logits, 1)[:, [2, 2, 0]]
    torch.testing.assert_close(class_costs(logits, torch.tensor([2, 2, 0])), expected)
