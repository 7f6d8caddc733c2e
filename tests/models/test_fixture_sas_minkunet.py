"""MinkUNet18A against MinkowskiEngine's numbers, evaluation and training."""

import zlib
from functools import cache

import numpy as np
import pytest
import torch
from fixture_paths import fixture_folder
from torch import Tensor

from uniseg3d.models.encoders.minkunet import MinkUNet, remap_keys
from uniseg3d.ops.sparse import SparseTensor, available_backends, use_backend
from uniseg3d.ops.sparse.weights import to_minkowski

LOCAL = [report.name for report in available_backends() if report.name in ('torch', 'cpu') and report.ready]


@cache
def archive() -> dict[str, np.ndarray]:
    with np.load(fixture_folder('sas') / 'minkunet18a.npz') as file:
        return {name: file[name] for name in file.files}


def tensor(name: str) -> Tensor:
    return torch.from_numpy(np.asarray(archive()[name]))


def original_names(network: MinkUNet) -> dict[str, str]:
    """Name in the original -> ours, for every entry of the state dict."""
    ours = network.state_dict()
    names = {}
    for original in _all_original_names():
        (renamed,) = remap_keys({original: torch.zeros(1, 1, 1)})
        assert renamed in ours, (original, renamed)
        names[original] = renamed
    assert sorted(names.values()) == sorted(ours)
    return names


def _norm(name: str) -> list[str]:
    return [f'{name}.bn.{part}' for part in ('weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked')]


def _all_original_names() -> list[str]:
    names = ['conv0p1s1.kernel', 'final.kernel', *_norm('bn0')]
    for stage in range(1, 5):
        names += [f'conv{stage}p{2 ** (stage - 1)}s2.kernel', *_norm(f'bn{stage}')]
        names += [f'convtr{stage + 3}p{2 ** (5 - stage)}s2.kernel', *_norm(f'bntr{stage + 3}')]
    for stage in range(1, 9):
        for block in (f'block{stage}.0', f'block{stage}.1'):
            for number in (1, 2):
                names += [f'{block}.conv{number}.kernel', *_norm(f'{block}.norm{number}')]
        if stage > 1:
            names += [f'block{stage}.0.downsample.0.kernel', *_norm(f'block{stage}.0.downsample.1')]
    return [f'net3d.{name}' for name in names]


def generated(name: str, shape: tuple[int, ...]) -> Tensor:
    """The weight that the archive's README prescribes for a name."""
    random = np.random.RandomState((zlib.crc32(name.encode()) + int(archive()['weight_seed'])) % 2**32)
    if name.endswith('num_batches_tracked'):
        return torch.tensor(0)
    if name.endswith('.kernel'):
        value = random.standard_normal(shape) * np.sqrt(2 / np.prod(shape[:-1]))
    elif name.endswith(('.weight', 'running_var')):
        value = random.uniform(0.5, 1.5, shape)
    else:
        value = random.uniform(-0.2, 0.2, shape)
    return torch.from_numpy(np.asarray(value, np.float32))


def original_network() -> tuple[MinkUNet, dict[str, str]]:
    network = MinkUNet('18A', archive()['colour'].shape[1], archive()['out_eval_ones'].shape[1])
    names, own = original_names(network), network.state_dict()
    state = {}
    for original, ours in names.items():
        shape = to_minkowski(own[ours]).shape if original.endswith('.kernel') else own[ours].shape
        state[original] = generated(original, tuple(shape))
    network.load_state_dict(remap_keys({f'module.{name}': value for name, value in state.items()}), strict=True)
    return network, names


def scene(features: Tensor) -> SparseTensor:
    return SparseTensor.from_coords(features, tensor('coords'))


def assert_close(ours: Tensor, expected: Tensor) -> None:
    assert ours.shape == expected.shape
    assert float((ours.detach() - expected).abs().max()) < 1e-3


@pytest.mark.parametrize('backend', LOCAL)
def test_evaluation_mode(backend: str) -> None:
    network = original_network()[0].eval()
    blocks: list[SparseTensor] = []
    for stage in (*network.encoder, *network.decoder):
        stage.register_forward_hook(lambda module, inputs, output: blocks.append(output))
    with torch.no_grad(), use_backend(backend):
        assert_close(network(scene(torch.ones_like(tensor('colour')))).features, tensor('out_eval_ones'))
        blocks.clear()
        assert_close(network(scene(tensor('colour'))).features, tensor('out_eval_colour'))
    for number, (block, stride) in enumerate(zip(blocks, (2, 4, 8, 16, 8, 4, 2, 1), strict=True), start=1):
        coords = block.coords.numpy() * [1, stride, stride, stride]
        order = np.lexsort(coords.T[::-1])
        np.testing.assert_array_equal(coords[order], archive()[f'block{number}_coords_sorted'])
        assert_close(block.features[torch.from_numpy(order)], tensor(f'block{number}_sorted'))


@pytest.mark.parametrize('backend', LOCAL)
def test_training_mode(backend: str) -> None:
    network, names = original_network()
    with use_backend(backend):
        out = network.train()(scene(tensor('colour'))).features
        target = np.random.RandomState(int(archive()['target_seed'])).standard_normal(tuple(out.shape)).astype(np.float32)
        loss = (1 - torch.cosine_similarity(out, torch.from_numpy(target), dim=1)).mean()
        loss.backward()
    assert_close(out[:, :64], tensor('out_train_first64'))
    assert float(loss.detach()) == pytest.approx(float(archive()['train_loss']), abs=1e-5)
    norms = [float(network.get_parameter(names[str(name)]).grad.norm()) for name in archive()['param_names']]
    np.testing.assert_allclose(norms, archive()['grad_norms'], rtol=2e-2, atol=1e-6)
