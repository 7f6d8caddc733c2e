"""Layers: shapes, independence of scenes, and that positions matter the way they say."""

import torch
from torch import nn

from uniseg3d.models.layers.build import as_module
from uniseg3d.models.layers.mlp import MLP
from uniseg3d.models.layers.position import FourierPosition
from uniseg3d.models.layers.preprocessor import ScenePreprocessor
from uniseg3d.models.layers.scene_transformer import NearAttention, SceneBlock


def tokens_and_positions(count=12, dim=16, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, dim, generator=generator), torch.rand(count, 3, generator=generator) * 4


def test_mlp_has_plain_output_and_normalised_hidden_layers():
    mlp = MLP([4, 8, 8, 3])
    assert [type(layer) for layer in mlp] == [nn.Linear, nn.LayerNorm, nn.GELU] * 2 + [nn.Linear]
    assert mlp(torch.zeros(5, 4)).shape == (5, 3)


def test_positions_are_told_apart_at_every_scale():
    encode = FourierPosition(32)
    base = torch.zeros(1, 3)
    for distance in (0.1, 1.0, 5.0):
        assert (encode(base + distance) - encode(base)).norm() > 0.1


def test_scenes_do_not_see_each_other():
    torch.manual_seed(0)
    block = SceneBlock(16, heads=2).eval()
    tokens, positions = tokens_and_positions()
    together = block(tokens, positions, [5, 7])
    apart = torch.cat([block(t, p, [len(t)]) for t, p in zip(tokens.split([5, 7]), positions.split([5, 7]), strict=True)])
    torch.testing.assert_close(together, apart)


def test_attention_follows_its_scene_when_it_is_moved():
    torch.manual_seed(0)
    layer = NearAttention(16, heads=4).double()
    tokens, positions = (t.double() for t in tokens_and_positions())
    here, there = layer(tokens, positions, [12]), layer(tokens, positions + 3.0, [12])
    torch.testing.assert_close(here, there)


def test_a_far_token_is_seen_less_than_a_near_one():
    torch.manual_seed(0)
    layer = NearAttention(16, heads=4)
    tokens, positions = tokens_and_positions(3)
    positions = torch.tensor([[0.0, 0, 0], [0.2, 0, 0], [20.0, 0, 0]])
    tokens.requires_grad_()
    layer(tokens, positions, [3])[0].square().sum().backward()
    near, far = tokens.grad[1].norm(), tokens.grad[2].norm()
    assert far < 1e-3 * near


def test_every_head_learns_its_reach():
    layer = NearAttention(16, heads=4)
    layer(*tokens_and_positions(), [12]).sum().backward()
    assert (layer.log_rate.grad != 0).all()
    assert layer.log_rate[0] > layer.log_rate[-1]  # starts near-sighted to far-sighted


def test_modules_pass_and_configs_are_built():
    module = nn.Linear(2, 2)
    assert as_module(module) is module
    assert as_module({'type': 'SuperpointEncoder', 'dim': 16, 'heads': 2, 'blocks': 1}).dim == 16


def test_preprocessor_moves_containers():
    from model_samples import room_sample

    from uniseg3d.structures import SceneBatch

    batch = SceneBatch([room_sample()])
    moved = ScenePreprocessor()({'batch': batch})['batch']
    assert moved.scene_ids == batch.scene_ids
    torch.testing.assert_close(moved.samples[0].scene.xyz, batch.samples[0].scene.xyz)
