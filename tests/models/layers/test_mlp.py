"""Stacks of linear layers."""

import torch
from torch import nn

from uniseg3d.models.layers.mlp import PlainMLP


def test_a_plain_stack_has_activations_in_between_only():
    mlp = PlainMLP([4, 8, 8, 3])
    assert [type(layer) for layer in mlp] == [nn.Linear, nn.ReLU] * 2 + [nn.Linear]
    assert mlp(torch.zeros(5, 4)).shape == (5, 3)
    assert isinstance(PlainMLP([4, 8, 3], nn.GELU)[1], nn.GELU)


def test_it_is_the_formula():
    torch.manual_seed(0)
    mlp, inputs = PlainMLP([4, 8, 3]), torch.randn(5, 4)
    hidden = (inputs @ mlp[0].weight.T + mlp[0].bias).clamp(min=0)
    torch.testing.assert_close(mlp(inputs), hidden @ mlp[2].weight.T + mlp[2].bias)
