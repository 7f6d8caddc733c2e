"""Layers: which voxels they answer on, their compat options, and how they load."""

import pytest
import torch
from dense_reference import random_level, to_dense
from torch import nn

from uniseg3d.ops.sparse import (
    SparseConv3d,
    SparseConvTranspose3d,
    SparseInverseConv3d,
    SparsePool3d,
    SparseSequential,
    SparseTensor,
    SubMConv3d,
)
from uniseg3d.utils.errors import ConfigError, DataError


def scene(channels: int = 3, seed: int = 0, shape: tuple[int, int, int] = (7, 6, 5)) -> SparseTensor:
    level = random_level(seed, shape, 2, 0.4)
    return SparseTensor(torch.randn(len(level), channels, generator=torch.Generator().manual_seed(seed)), level)


def test_weight_is_a_dense_weight_with_channels_last() -> None:
    tensor, layer = scene(), SubMConv3d(3, 4, (3, 1, 3), bias=True)
    dense = nn.functional.conv3d(
        to_dense(tensor.features, tensor.level),
        layer.weight.double().permute(0, 4, 1, 2, 3),
        layer.bias.double(),
        padding=(1, 0, 1),
    )
    scene_number, x, y, z = tensor.coords.long().T
    assert torch.allclose(layer(tensor).features.double(), dense[scene_number, :, x, y, z], atol=1e-5)


@pytest.mark.parametrize('bias', [False, True])
def test_pointwise(bias: bool) -> None:
    tensor = scene(6)
    clean = SubMConv3d(6, 2, 1, bias=bias)
    compat = SubMConv3d(6, 2, 1, bias=bias, reinterpret_pointwise=True)
    compat.load_state_dict(clean.state_dict())
    shift = clean.bias if bias else 0
    assert torch.allclose(clean(tensor).features, tensor.features @ clean.weight[:, 0, 0, 0].t() + shift, atol=1e-6)
    assert torch.allclose(compat(tensor).features, tensor.features @ clean.weight.reshape(6, 2) + shift, atol=1e-6)
    with pytest.raises(DataError, match='expects 6'):
        clean(scene(5))
    with pytest.raises(ConfigError, match='kernel_size 1'):
        SubMConv3d(6, 2, 3, reinterpret_pointwise=True)


def test_there_and_back_again() -> None:
    tensor = scene()
    down, deeper = SparseConv3d(3, 4), SparseConv3d(4, 5, 3, 2, 1)
    up, higher = SparseInverseConv3d(5, 4, 3, 2, 1), SparseInverseConv3d(4, 3)
    coarse = deeper(down(tensor))
    back = higher(up(coarse))
    assert back.level is tensor.level and back.finer == () and back.features.shape == tensor.features.shape
    assert len(coarse.finer) == 2


def test_the_finer_level_may_be_forgotten_by_the_caller() -> None:
    layers = SparseSequential(SubMConv3d(3, 3), SparseConv3d(3, 4), nn.ReLU(), SparseInverseConv3d(4, 3))
    tensor = scene()
    coords = tensor.coords.clone()
    out = layers(SparseTensor.from_coords(tensor.features, tensor.coords, tensor.level.spatial_shape))
    assert torch.equal(out.coords, coords)


def test_inverse_needs_its_forward() -> None:
    tensor = scene()
    with pytest.raises(DataError, match='no strided convolution made'):
        SparseInverseConv3d(3, 3)(tensor)
    with pytest.raises(DataError, match='same window and odd_plane'):
        SparseInverseConv3d(4, 3, odd_plane='drop')(SparseConv3d(3, 4)(tensor))


def test_dropped_voxels_receive_zeros() -> None:
    tensor = scene(shape=(5, 6, 6))
    out = SparseInverseConv3d(4, 3, odd_plane='drop')(SparseConv3d(3, 4, odd_plane='drop')(tensor))
    last = tensor.coords[:, 1] == 4
    assert last.any() and (out.features[last] == 0).all() and (out.features[~last] != 0).all()


def test_generative_layer_makes_new_voxels() -> None:
    tensor = scene()
    out = SparseConvTranspose3d(3, 2)(tensor)
    assert len(out) == 8 * len(tensor) and out.level.spatial_shape == (14, 12, 10)
    out.features.sum().backward()


@pytest.mark.parametrize('kind', ['mean', 'max'])
@pytest.mark.parametrize('geometry', [(2, 2, 0), (3, 2, 1)])
def test_pooling_against_loops(kind: str, geometry: tuple[int, int, int]) -> None:
    tensor = scene()
    tensor.features.requires_grad_()
    size, stride, padding = geometry
    out = SparsePool3d(kind, *geometry)(tensor)
    for row, (number, *cell) in zip(out.features, out.coords.tolist(), strict=True):
        corner = torch.tensor(cell) * stride - padding
        inside = (tensor.coords[:, 1:] >= corner) & (tensor.coords[:, 1:] < corner + size)
        members = tensor.features[inside.all(1) & (tensor.coords[:, 0] == number)]
        assert torch.allclose(row, members.mean(0) if kind == 'mean' else members.max(0).values, atol=1e-6)
    (gradient,) = torch.autograd.grad(out.features.sum(), tensor.features)
    assert float(gradient.sum()) == pytest.approx(out.features.numel(), rel=1e-4), 'every output passes on one unit'
    with pytest.raises(ConfigError, match='mean or max'):
        SparsePool3d('median')


def test_old_layout_loads_by_its_shape() -> None:
    layer = SubMConv3d(5, 4)
    new = torch.randn(4, 3, 3, 3, 5)
    old = new.permute(1, 2, 3, 4, 0).contiguous()
    state = {'weight': old}
    layer.load_state_dict(state)
    assert torch.equal(layer.weight, new) and state['weight'] is old, 'the caller keeps its own'
    layer.load_state_dict({'weight': new})
    assert torch.equal(layer.weight, new)
    with pytest.raises(RuntimeError, match='size mismatch for weight'):
        layer.load_state_dict({'weight': torch.randn(4, 3, 3, 3, 6)})


def test_channels_are_checked_early() -> None:
    with pytest.raises(ConfigError, match='expected at least 1'):
        SubMConv3d(0, 4)
    with pytest.raises(ConfigError, match='expected an integer'):
        SubMConv3d(4, 4, (3, 3))
