"""A chain of layers against MinkowskiEngine's numbers: kernel order, strides, transposed layers."""

from functools import cache

import numpy as np
import pytest
import torch
from fixture_paths import fixture_folder

from uniseg3d.ops.sparse import SparseConv3d, SparseInverseConv3d, SparseTensor, SubMConv3d, available_backends, use_backend
from uniseg3d.ops.sparse.modules import SparseConvolution
from uniseg3d.ops.sparse.weights import from_minkowski, to_minkowski

LOCAL = [report.name for report in available_backends() if report.name in ('torch', 'cpu') and report.ready]
CHAIN = {  # layer -> (kind, stride of the result)
    'conv_k5s1': (SubMConv3d, 1),
    'conv_k3s1': (SubMConv3d, 1),
    'conv_k2s2': (SparseConv3d, 2),
    'conv2_k3s1_on_stride2': (SubMConv3d, 2),
    'conv2_k2s2': (SparseConv3d, 4),
    'convtr2_k2s2': (SparseInverseConv3d, 2),
    'convtr_k2s2': (SparseInverseConv3d, 1),
    'conv_k1': (SubMConv3d, 1),
}


@cache
def archive() -> dict[str, np.ndarray]:
    with np.load(fixture_folder('sas') / 'sparse_conv.npz') as file:
        return {name: file[name] for name in file.files}


def layer(name: str) -> SparseConvolution:
    weight = from_minkowski(torch.from_numpy(archive()[f'{name}_kernel']))
    kind = CHAIN[name][0]
    built = kind(weight.shape[-1], weight.shape[0], weight.shape[1])
    built.load_state_dict({'weight': weight})
    return built


@pytest.mark.parametrize('backend', LOCAL)
def test_chain_of_layers(backend: str) -> None:
    tensor = SparseTensor.from_coords(torch.from_numpy(archive()['feats']), torch.from_numpy(archive()['coords']))
    for name, (_, stride) in CHAIN.items():
        with torch.no_grad(), use_backend(backend):
            tensor = layer(name)(tensor)
        coords = tensor.coords.numpy() * [1, stride, stride, stride]
        order = np.lexsort(coords.T[::-1])
        np.testing.assert_array_equal(coords[order], archive()[f'{name}_coords_sorted'])
        np.testing.assert_allclose(tensor.features[torch.from_numpy(order)], archive()[f'{name}_out_sorted'], atol=1e-4)


@pytest.mark.parametrize('size', [2, 3, 5])
def test_kernel_order(size: int) -> None:
    """Element i of a Minkowski kernel sits at the offset the archive lists for it."""
    offsets = archive()[f'offsets_k{size}'] - archive()[f'offsets_k{size}'].min(0)
    kernel = torch.arange(float(size**3))[:, None, None]
    weight = from_minkowski(kernel)
    for number, (x, y, z) in enumerate(offsets):
        assert weight[0, x, y, z, 0] == number
    assert torch.equal(to_minkowski(weight), kernel)
