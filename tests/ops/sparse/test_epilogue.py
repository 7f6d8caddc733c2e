"""A convolution that takes its normalisation and activation along equals the three run one after the other."""

import math

import pytest
import torch
from dense_reference import READY, random_level
from torch import nn

from uniseg3d.ops.sparse import (
    SparseConv3d,
    SparseConvTranspose3d,
    SparseInverseConv3d,
    SparseSequential,
    SparseTensor,
    SubMConv3d,
    available_backends,
    centred_window,
    sparse_convolution,
    use_backend,
)
from uniseg3d.ops.sparse.backends import cpu_kernel
from uniseg3d.ops.sparse.epilogue import Epilogue, fold, foldable

FUSES = any(report.name == 'cpu' and report.ready for report in available_backends())


def scene(channels: int, share: float = 0.4) -> SparseTensor:
    level = random_level(3, (9, 7, 5), 2, share)
    return SparseTensor(torch.randn(len(level), channels, generator=torch.Generator().manual_seed(1)), level)


def lived(layers: SparseSequential) -> SparseSequential:
    """Statistics and parameters as after a training, in evaluation."""
    random = torch.Generator().manual_seed(2)
    for layer in layers:
        if isinstance(layer, nn.BatchNorm1d):
            for values in (layer.weight, layer.running_var):
                values.data = torch.rand(values.shape, generator=random) + 0.5
            for values in (layer.bias, layer.running_mean):
                values.data = torch.randn(values.shape, generator=random)
    return layers.eval()


@pytest.mark.parametrize('backend', [name for name in READY if name in ('torch', 'cpu', 'triton')])
@pytest.mark.parametrize('channels', [1, 5, 16, 33, 64])
@pytest.mark.parametrize('relu', [False, True])
@pytest.mark.parametrize('bias', [False, True])
def test_equals_the_layers_one_by_one(backend: str, channels: int, relu: bool, bias: bool) -> None:
    tensor, tail = scene(6), [nn.ReLU(inplace=True)] if relu else []
    layers = lived(SparseSequential(SubMConv3d(6, channels, bias=bias), nn.BatchNorm1d(channels), *tail))
    with use_backend(backend):
        expected = layers(tensor).features  # gradients are on: nothing is taken along
        with torch.no_grad():
            fused = layers(tensor).features
    assert expected.grad_fn is not None and torch.allclose(fused, expected, atol=1e-5)
    assert bool((expected < 0).any()) is not relu


def test_between_levels() -> None:
    tensor = scene(3)
    layers = lived(
        SparseSequential(
            *(SparseConv3d(3, 4), nn.BatchNorm1d(4), nn.ReLU(), SparseInverseConv3d(4, 5), nn.BatchNorm1d(5)),
            *(SubMConv3d(5, 2, 1), nn.BatchNorm1d(2), nn.ReLU(), SparseConvTranspose3d(2, 3), nn.BatchNorm1d(3)),
        )
    )
    expected = layers(tensor).features
    with torch.no_grad():
        assert torch.allclose(layers(tensor).features, expected, atol=1e-5)


@pytest.mark.skipif(not FUSES, reason='no C compiler here')
@pytest.mark.parametrize('isa', cpu_kernel.instruction_sets() if FUSES else [])
def test_kernel_equals_its_torch_twin(isa: str) -> None:
    tensor = scene(7)
    table, weight = tensor.level.neighbours(centred_window(3)), torch.randn(27, 7, 37)
    for relu in (False, True):
        then = Epilogue(torch.randn(37), torch.randn(37), relu)
        expected = then(cpu_kernel.convolve(tensor.features, weight, table, isa))
        assert torch.allclose(cpu_kernel.convolve(tensor.features, weight, table, isa, then), expected, atol=1e-5)


@pytest.mark.parametrize('backend', [name for name in READY if name in ('torch', 'cpu')])
def test_what_is_no_number_stays_so(backend: str) -> None:
    tensor = scene(4)
    tensor.features[0, 0] = math.nan
    table, weight = tensor.level.neighbours(centred_window(3)), torch.ones(27, 4, 8)
    then = Epilogue(torch.ones(8), torch.zeros(8), True)
    out = sparse_convolution(tensor.features, weight, table, backend=backend, then=then)
    expected = (table.rows == 0).any(0)
    assert torch.equal(out.isnan().any(1), expected)


def test_training_hooks_types_and_foreign_statistics_go_one_by_one() -> None:
    tensor, norm = scene(2), nn.BatchNorm1d(2).eval()
    with torch.no_grad():
        assert foldable(norm, tensor.features)
        assert not foldable(norm, tensor.features.double()) and not foldable(nn.ReLU(), tensor.features)
        assert not foldable(nn.BatchNorm1d(2), tensor.features), 'in training, statistics are those of the batch'
        assert not foldable(nn.BatchNorm1d(2, track_running_stats=False).eval(), tensor.features)
        assert not foldable(nn.BatchNorm1d(2, affine=False).eval(), tensor.features)
        with torch.autocast('cpu', torch.bfloat16):
            assert not foldable(norm, tensor.features)
    assert not foldable(norm, tensor.features), 'gradients may be asked for'
    seen: list[torch.Tensor] = []
    layers = lived(SparseSequential(SubMConv3d(2, 3), nn.BatchNorm1d(3), nn.ReLU()))
    with torch.no_grad():
        alone = layers(tensor).features
        for layer in (layers[2], layers[1]):
            layer.register_forward_hook(lambda layer, inputs, output: seen.append(output))
            assert torch.allclose(layers(tensor).features, alone, atol=1e-5)
        assert len(seen) == 3, 'the activation alone, then both'
        sums = lived(SparseSequential(SubMConv3d(2, 3), nn.BatchNorm1d(3)))
        expected = sums[0](tensor).features
        sums[0].register_forward_hook(lambda layer, inputs, output: seen.append(output.features))
        sums(tensor)
        assert torch.equal(seen[-1], expected), 'a watched convolution gives its own sums'


def test_fold() -> None:
    layers = lived(SparseSequential(nn.BatchNorm1d(4)))
    features = torch.randn(6, 4)
    assert torch.allclose(fold(layers[0])(features), layers[0](features), atol=1e-5)
    bias, then = torch.randn(4), fold(layers[0], relu=True)
    assert torch.allclose(then.after_bias(bias)(features), then(features + bias), atol=1e-5)
    assert then.after_bias(None) is then
