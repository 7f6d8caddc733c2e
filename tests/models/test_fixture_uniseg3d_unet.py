"""The stem, U-Net and output normalisation of UniSeg3D against the original's numbers."""

from functools import cache

import numpy as np
import pytest
import torch
from fixture_paths import fixture_folder
from torch import Tensor

from uniseg3d.models.encoders.sparse_unet import SparseUNet
from uniseg3d.ops.sparse import SparseTensor, available_backends, use_backend

LOCAL = [report.name for report in available_backends() if report.name in ('torch', 'cpu') and report.ready]


@cache
def archive() -> dict[str, np.ndarray]:
    with np.load(fixture_folder('uniseg3d') / 'ii_unet.npz') as file:
        return {name: file[name] for name in file.files}


def tensor(name: str) -> Tensor:
    return torch.from_numpy(np.asarray(archive()[name]))


def original_network(dtype: torch.dtype = torch.float32) -> SparseUNet:
    weights = {name.removeprefix('w/'): tensor(name) for name in archive() if name.startswith('w/')}
    features = archive()['in/features']
    network = SparseUNet(features.shape[1], archive()['planes'].tolist(), odd_plane='drop', reinterpret_pointwise=True)
    network.load_state_dict(weights, strict=True)
    return network.to(dtype)


def scene(dtype: torch.dtype = torch.float32) -> SparseTensor:
    return SparseTensor.from_coords(
        tensor('in/features').to(dtype), tensor('in/indices_bxyz'), archive()['spatial_shape'].tolist()
    )


def assert_close(ours: Tensor, name: str, relative: float) -> None:
    expected = tensor(name).to(ours.dtype)
    assert ours.shape == expected.shape
    assert float((ours.detach() - expected).abs().max()) <= relative * float(expected.abs().max().clamp(min=1)), name


@pytest.mark.parametrize('backend', LOCAL)
def test_evaluation_mode(backend: str) -> None:
    network = original_network().eval()
    with torch.no_grad(), use_backend(backend):
        stem = network.input_conv(scene())
        assert_close(stem.features, 'out/eval/after_input_conv', 1e-5)
        assert_close(network.unet(stem).features, 'out/eval/after_unet', 1e-5)
        final = network(scene())
    assert torch.equal(final.coords, tensor('in/indices_bxyz'))
    assert_close(final.features, 'out/eval/final', 1e-5)


def test_superpoint_means() -> None:
    with torch.no_grad():
        final = original_network().eval()(scene()).features
    points, superpoint = final[tensor('in/point_to_voxel')], tensor('in/superpoint_of_point')
    sums = final.new_zeros(int(superpoint.max()) + 1, final.shape[1]).index_add_(0, superpoint, points)
    assert_close(sums / torch.bincount(superpoint)[:, None], 'out/eval/superpoint_features', 1e-5)


def test_every_level() -> None:
    network = original_network().eval()
    with torch.no_grad():
        levels = network.unet.pyramid(network.input_conv(scene()))
    assert len(levels) == len(archive()['planes'])
    for number, level in enumerate(levels, start=1):
        indices = tensor(f'out/eval/level{number}/indices')
        ours = {tuple(row): i for i, row in enumerate(level.coords.tolist())}
        assert len(ours) == len(indices)
        order = torch.tensor([ours[tuple(row)] for row in indices.tolist()])
        assert_close(level.features[order], f'out/eval/level{number}/features', 1e-5)


@pytest.mark.parametrize('backend', LOCAL)
def test_training_mode(backend: str) -> None:
    network = original_network().train()
    with use_backend(backend):
        final = network(scene()).features
        (final * tensor('in/grad_weight')).sum().backward()
    assert_close(final, 'out/train/final', 1e-5)
    for name, parameter in network.named_parameters():
        expected = float(archive()[f'out/train/grad_norm/{name}'])
        assert float(parameter.grad.norm()) == pytest.approx(expected, rel=2e-3), name
    for name in archive():
        if name.startswith('out/train/grad/'):
            assert_close(network.get_parameter(name.removeprefix('out/train/grad/')).grad, name, 5e-3)
        if name.startswith('out/train/after/'):
            assert_close(network.get_buffer(name.removeprefix('out/train/after/')), name, 1e-5)


def test_clean_form_differs_where_the_original_has_habits() -> None:
    """Voxels on the last plane of an odd axis get features from below only in the clean form."""
    shape = archive()['spatial_shape']
    assert (shape % 2).any(), 'the archive promises odd grid sizes'
    compat = original_network().eval()
    features, coords = tensor('in/features'), tensor('in/indices_bxyz')
    clean = SparseUNet(features.shape[1], archive()['planes'].tolist(), reinterpret_pointwise=True).eval()
    clean.load_state_dict(compat.state_dict())
    with torch.no_grad():
        ours, theirs = clean(scene()).features, compat(scene()).features
        even = SparseTensor.from_coords(features, coords, (shape + 2**5 - shape % 2**5).tolist())
        assert torch.allclose(ours, compat(even).features, atol=1e-5), 'on even grids both forms agree'
    assert not torch.allclose(ours, theirs, atol=1e-3)
