"""The module around deformable attention."""

import pytest
import torch

from uniseg3d.models.layers.deformable_attention import DeformableAttention
from uniseg3d.ops.deformable_attention import cell_centres
from uniseg3d.utils.errors import ConfigError

SHAPES = [(4, 6), (2, 3)]


def test_a_fresh_module_looks_around_in_all_directions():
    layer = DeformableAttention(8, heads=4, levels=2, points=3)
    offsets = layer.sampling_offsets.bias.detach().view(4, 2, 3, 2)
    torch.testing.assert_close(offsets[:, :, 2], 3 * offsets[:, :, 0])
    torch.testing.assert_close(offsets[:, 0, 0].sum(0), torch.zeros(2), atol=1e-6, rtol=0)
    assert offsets.abs().amax() == 3


def test_a_constant_map_gives_the_same_everywhere_inside():
    torch.manual_seed(0)
    layer = DeformableAttention(8, heads=2, levels=2, points=1).eval()
    with torch.no_grad():
        layer.sampling_offsets.bias.zero_()
    values = torch.randn(1, 1, 8).expand(1, 30, -1)
    references = cell_centres(SHAPES)[:, None].expand(-1, 2, -1)
    with torch.no_grad():
        answer = layer(torch.randn(1, 30, 8), references, values, SHAPES)
        expected = layer.output_proj(layer.value_proj(values))
    inner = [7, 8, 9, 10]  # not at an edge of either map
    torch.testing.assert_close(answer[:, inner], expected[:, inner])


def test_gradients_reach_queries_values_and_offsets():
    layer = DeformableAttention(8, heads=2, levels=2, points=2)
    queries, values = torch.randn(2, 30, 8, requires_grad=True), torch.randn(2, 30, 8, requires_grad=True)
    torch.nn.init.normal_(layer.sampling_offsets.weight, std=0.1)
    layer(queries, cell_centres(SHAPES)[:, None], values, SHAPES).square().sum().backward()
    assert queries.grad.abs().sum() > 0 and values.grad.abs().sum() > 0
    assert all(p.grad is not None and p.grad.isfinite().all() for p in layer.parameters())


def test_heads_must_share_the_width():
    with pytest.raises(ConfigError, match='dim = 8 cannot be shared by heads = 3'):
        DeformableAttention(8, heads=3)
