"""Clicks teach masks where they are surest, and classes."""

import pytest
import torch

from uniseg3d.models.criteria.distillation import class_distillation, mask_distillation
from uniseg3d.models.criteria.mask_losses import probability_entropy


@pytest.fixture
def masks():
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(3, 20, generator=generator, requires_grad=True) for _ in range(2)]


def test_teaches_at_the_surest_superpoints_of_the_surest_click(masks):
    logits, teacher = masks
    loss = mask_distillation(logits, teacher, 0.25)
    loss.backward()
    best = teacher.max(0)
    places = best.values.argsort(descending=True)[:5]
    expected = [probability_entropy(logits[best.indices[p], p], teacher[best.indices[p], p]) for p in places.tolist()]
    assert loss.item() == pytest.approx(torch.stack(expected).mean().item())
    assert int((logits.grad != 0).sum()) == 5
    assert teacher.grad is None


def test_a_share_below_one_superpoint_teaches_nothing(masks):
    loss = mask_distillation(*masks, 0.04)
    loss.backward()
    assert loss.item() == 0.0
    assert not masks[0].grad.any()


@pytest.mark.parametrize('distil', [lambda a, b: mask_distillation(a, b, 0.5), class_distillation])
def test_no_pairs_are_zero_with_a_zero_gradient(masks, distil):
    loss = distil(*(part[:0] for part in masks))
    loss.backward()
    assert loss.item() == 0.0
    assert not masks[0].grad.any()


def test_classes_learn_what_clicks_say(masks):
    logits, teacher = masks
    optimizer = torch.optim.Adam([logits], 0.1)
    for _ in range(300):
        optimizer.zero_grad()
        class_distillation(logits, teacher).backward()
        optimizer.step()
    torch.testing.assert_close(logits.sigmoid(), teacher.sigmoid(), atol=0.01, rtol=0)
