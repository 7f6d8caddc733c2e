"""Weights load from every container, run nothing, and must fit."""

import argparse
import collections
import os

import numpy as np
import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.logging import MessageHub
from safetensors.torch import save_file
from torch import nn

from uniseg3d.utils.errors import CheckpointError
from uniseg3d.utils.torch_files import Inert, read_torch_file
from uniseg3d.utils.weights import apply_weights, load_weights

WEIGHTS = {'layer.weight': torch.arange(6.0).reshape(2, 3), 'layer.bias': torch.ones(2, dtype=torch.float16)}


def saved(tmp_path, content, **how):
    path = tmp_path / 'weights.pth'
    torch.save(content, path, **how)
    return path


def check(file) -> None:
    assert file.state_dict.keys() == WEIGHTS.keys()
    for name, value in WEIGHTS.items():
        assert file.state_dict[name].dtype == value.dtype
        assert torch.equal(file.state_dict[name], value)


@pytest.mark.parametrize('legacy', [False, True])
@pytest.mark.parametrize('container', ['flat', 'state_dict', 'model', 'net', 'weights', 'module.'])
def test_containers(tmp_path, container, legacy):
    content = {
        'flat': WEIGHTS,
        'module.': {'state_dict': collections.OrderedDict((f'module.{name}', value) for name, value in WEIGHTS.items())},
    }.get(container, {container: WEIGHTS, 'epoch': 3, 'optimizer': {'state': {}}})
    file = load_weights(saved(tmp_path, content, _use_new_zipfile_serialization=not legacy))
    check(file)
    assert file.metadata.get('epoch', 3) == 3


def test_state_dicts_side_by_side_get_their_names(tmp_path):
    file = load_weights(saved(tmp_path, {'encoder': {'a': torch.ones(1)}, 'decoder': {'a': torch.zeros(1)}, 'epoch': 1}))
    assert {name: float(value) for name, value in file.state_dict.items()} == {'encoder.a': 1, 'decoder.a': 0}
    assert file.metadata == {'epoch': 1}


def test_safetensors(tmp_path):
    save_file(WEIGHTS, tmp_path / 'weights.safetensors')
    check(load_weights(tmp_path / 'weights.safetensors'))


@pytest.mark.parametrize('legacy', [False, True])
def test_an_mmengine_checkpoint_with_its_log(tmp_path, legacy):
    """Released checkpoints carry objects of mmengine and numpy; their weights load all the same."""
    hub = MessageHub(f'hub{legacy}')
    hub.update_scalar('train/loss', 1.5)
    hub.update_info('best_score', np.float32(2))
    hub.update_info('numbers', np.arange(3))
    meta = {'cfg': 'x = 1', 'settings': ConfigDict(a=1), 'counts': collections.defaultdict(list, a=1)}
    content = {'meta': meta, 'state_dict': WEIGHTS, 'message_hub': hub.state_dict()}
    file = load_weights(saved(tmp_path, content, _use_new_zipfile_serialization=not legacy))
    check(file)
    assert file.metadata['meta']['cfg'] == 'x = 1'
    assert file.metadata['meta']['counts'] == {'a': 1}
    buffer = file.metadata['message_hub']['log_scalars']['train/loss']
    assert isinstance(buffer, Inert)
    assert buffer.name == 'mmengine.logging.history_buffer.HistoryBuffer'


def test_constructor_text_stays_text(tmp_path):
    victim = tmp_path / 'made-by-attack'
    text = f"__import__('os').mkdir({str(victim)!r})"
    file = load_weights(saved(tmp_path, {'args': argparse.Namespace(model=text, lr=0.1), 'model': WEIGHTS}))
    check(file)
    assert file.args == {'model': text, 'lr': 0.1}
    assert not victim.exists()
    assert load_weights(saved(tmp_path, WEIGHTS)).args == {}


class Call:
    def __init__(self, function, *arguments):
        self.parts = (function, arguments)

    def __reduce__(self):
        return self.parts


@pytest.mark.parametrize('legacy', [False, True])
def test_a_foreign_call_is_refused_by_name_and_not_run(tmp_path, legacy):
    victim = tmp_path / 'made-by-attack'
    path = saved(tmp_path, {'state_dict': WEIGHTS, 'x': Call(os.mkdir, str(victim))}, _use_new_zipfile_serialization=not legacy)
    with pytest.raises(CheckpointError, match=r'weights\.pth is refused: it asks for (posix|nt)\.mkdir'):
        load_weights(path)
    assert not victim.exists()


@pytest.mark.parametrize('function', [eval, exec, __import__, open, torch.load, torch.nn.Linear])
def test_what_reaches_further_is_refused(tmp_path, function):
    with pytest.raises(CheckpointError, match='is refused: it asks for'):
        read_torch_file(saved(tmp_path, [Call(function, 'x')]))


def test_attribute_access_is_a_placeholder(tmp_path):
    """mmengine's log needs the name getattr; the real one is never reached."""
    (value,) = read_torch_file(saved(tmp_path, [Call(getattr, 'text', 'upper')]))
    assert isinstance(value, Inert)
    assert value.parts == ('text', 'upper')
    assert repr(value) == "builtins.getattr('text', 'upper')"


def test_pickles_of_other_protocols_are_refused(tmp_path):
    with pytest.raises(CheckpointError):
        read_torch_file(saved(tmp_path, {'x': Call(os.mkdir, 'y')}, pickle_protocol=4))


def test_damaged_and_wrong_files_are_named(tmp_path):
    path = saved(tmp_path, WEIGHTS)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(
        CheckpointError, match=rf'weights\.pth \({path.stat().st_size} bytes\) is truncated .*: the archive ends early'
    ):
        load_weights(path)
    path.write_bytes(b'')
    with pytest.raises(CheckpointError, match=r'\(0 bytes\)'):
        load_weights(path)
    (tmp_path / 'weights.safetensors').write_bytes(b'x' * 20)
    with pytest.raises(CheckpointError, match=r'weights\.safetensors \(20 bytes\) is truncated'):
        load_weights(tmp_path / 'weights.safetensors')
    with pytest.raises(CheckpointError, match=r'absent\.pth does not exist'):
        load_weights(tmp_path / 'absent.pth')
    with pytest.raises(CheckpointError, match='holds a Tensor; expected a dictionary'):
        load_weights(saved(tmp_path, torch.ones(2)))
    with pytest.raises(CheckpointError, match=r'holds no weights; .* its keys are: epoch'):
        load_weights(saved(tmp_path, {'epoch': 1}))


def test_flipped_bits_are_found(tmp_path):
    path = saved(tmp_path, {'layer.weight': torch.arange(4096.0)})
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r'weights\.pth is damaged: the checksum of .*data/0 differs'):
        load_weights(path)


@pytest.fixture
def model():
    return nn.Sequential(collections.OrderedDict(a=nn.Linear(2, 3), norm=nn.BatchNorm1d(3)))


def test_fitting_weights_are_copied(model):
    weights = {name: torch.full_like(value, 2) for name, value in model.state_dict().items()}
    del weights['norm.num_batches_tracked']  # older programs did not save it
    assert not apply_weights(model, weights)
    assert all((p == 2).all() for p in model.parameters())


def test_every_difference_is_listed_and_refused(model):
    weights = model.state_dict() | {'a.weight': torch.ones(5, 2), 'b.weight': torch.ones(1)}
    del weights['a.bias']
    with pytest.raises(CheckpointError) as caught:
        apply_weights(model, weights)
    message = str(caught.value)
    assert '1 missing in the file: a.bias' in message
    assert '1 unknown to the model: b.weight' in message
    assert '1 of another shape: a.weight: file ([5, 2]), model ([3, 2])' in message
    before = model.a.weight.clone()
    left = apply_weights(model, weights | {'norm.bias': torch.full((3,), 7.0)}, allow_mismatch=True)
    assert (left.missing, left.unexpected) == (['a.bias'], ['b.weight'])
    assert torch.equal(model.a.weight, before)
    assert (model.norm.bias == 7).all()


def test_long_lists_are_shortened(model):
    with pytest.raises(CheckpointError, match=r'20 unknown to the model: x0, .*\.\.\. \(8 more\)'):
        apply_weights(model, model.state_dict() | {f'x{i}': torch.ones(1) for i in range(20)})


def test_modules_that_convert_layouts_are_heard():
    class Transposing(nn.Linear):
        def _load_from_state_dict(self, state, prefix, *rest):
            if state[f'{prefix}weight'].shape != self.weight.shape:
                state[f'{prefix}weight'] = state[f'{prefix}weight'].T
            super()._load_from_state_dict(state, prefix, *rest)

    model, weight = Transposing(2, 3, bias=False), torch.arange(6.0).reshape(2, 3)
    assert not apply_weights(model, {'weight': weight})
    assert torch.equal(model.weight, weight.T)
