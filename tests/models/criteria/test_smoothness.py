"""Depth inside segments."""

import pytest
import torch

from uniseg3d.models.criteria.smoothness import segment_smoothness


def test_steps_count_inside_segments_only():
    depth = torch.tensor([[0.0, 1.0, 5.0, 5.5]])
    assert segment_smoothness(depth, torch.tensor([[1, 1, 2, 2]])).item() == pytest.approx((1.0 + 0.5) / 3)
    assert segment_smoothness(depth, torch.tensor([[1, 1, 1, 1]])).item() == pytest.approx((1.0 + 4.0 + 0.5) / 3)


def test_nothing_predicted_teaches_nothing_and_keeps_the_graph():
    depth = torch.rand(2, 4, 4, requires_grad=True)
    loss = segment_smoothness(depth, torch.full((2, 4, 4), -1))
    loss.backward()
    assert loss.item() == 0 and depth.grad.abs().sum() == 0


def test_one_row_and_one_pixel_are_normal():
    assert segment_smoothness(torch.rand(1, 1), torch.ones(1, 1)).item() == 0
    assert segment_smoothness(torch.tensor([[1.0, 3.0]]), torch.zeros(1, 2)).item() == 2
