"""Classes of superpoints; void is neither learned nor answered."""

import pytest
import torch
import torch.nn.functional as F

from uniseg3d.models.criteria.semantic import semantic_entropy


def test_void_counts_neither_as_label_nor_as_answer():
    logits = torch.tensor([[1.0, 2.0, 50.0], [0.0, 3.0, -4.0], [5.0, 5.0, 5.0]])
    expected = F.cross_entropy(logits[:2, :2], torch.tensor([1, 0]))
    assert semantic_entropy(logits, torch.tensor([1, 0, 2])).item() == pytest.approx(expected.item())


def test_nothing_but_void_is_zero_with_a_zero_gradient():
    logits = torch.randn(4, 3, requires_grad=True)
    loss = semantic_entropy(logits, torch.full((4,), 2))
    loss.backward()
    assert loss.item() == 0.0
    assert not logits.grad.any()


def test_no_queries():
    assert semantic_entropy(torch.zeros(0, 3), torch.zeros(0, dtype=torch.long)).item() == 0.0
