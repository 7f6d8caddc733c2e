"""Work around mmengine: plain log state, launchers, optional imports."""

import os
import sys

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.logging import HistoryBuffer, MessageHub
from mmengine.runner import CheckpointLoader

from uniseg3d.utils import mmengine_compat
from uniseg3d.utils.errors import CheckpointError, ConfigError, MissingPackageError
from uniseg3d.utils.mmengine_compat import (
    LAUNCHER_VARIABLES,
    format_configs_once,
    import_open_clip,
    init_distributed,
    plain,
    restore_message_hub,
    safe_checkpoint_loading,
)
from uniseg3d.utils.optional import import_optional


def test_the_log_survives_the_safe_reader(tmp_path):
    hub = MessageHub('compat')
    for value in (3.0, 1.0, 2.0):
        hub.update_scalar('train/loss', value)
    hub.update_info('best', np.float64(0.5))
    hub.update_info('shape', (1, 2))
    torch.save(plain(hub.state_dict()), tmp_path / 'hub.pth')
    state = restore_message_hub(torch.load(tmp_path / 'hub.pth', weights_only=True))
    again = MessageHub('again')
    again.load_state_dict(state)
    assert again.get_scalar('train/loss').mean(2) == 1.5
    assert again.get_scalar('train/loss').max() == 3
    assert again.get_info('best') == 0.5
    assert again.get_info('shape') == (1, 2)
    again.update_scalar('train/loss', 5.0)
    assert isinstance(again.get_scalar('train/loss'), HistoryBuffer)


def test_plain_types():
    class Strange:
        def __str__(self):
            return 'strange'

    value = plain({'a': [np.int64(3), np.bool_(True)], 'b': np.eye(2), 'c': np.array(['x']), 'd': Strange(), 'e': None})
    assert value['a'] == [3, True]
    assert [type(item) for item in value['a']] == [int, bool]
    assert torch.equal(value['b'], torch.eye(2, dtype=torch.float64))
    assert (value['c'], value['d'], value['e']) == (['x'], 'strange', None)


def test_mmengine_reads_local_files_safely(tmp_path):
    safe_checkpoint_loading()

    class Call:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / 'made-by-attack'),)

    torch.save({'x': Call()}, tmp_path / 'bad.pth')
    with pytest.raises(CheckpointError, match='is refused'):
        CheckpointLoader.load_checkpoint(str(tmp_path / 'bad.pth'))
    assert not (tmp_path / 'made-by-attack').exists()


@pytest.mark.parametrize('launcher', LAUNCHER_VARIABLES)
def test_a_launcher_that_is_not_there_is_named(monkeypatch, launcher):
    variable = LAUNCHER_VARIABLES[launcher]['RANK']
    monkeypatch.delenv(variable, raising=False)
    with pytest.raises(ConfigError, match=f'--launcher {launcher} needs the environment variable {variable}'):
        init_distributed(launcher)


def test_slurm_variables_are_translated(monkeypatch):
    joined = {}
    monkeypatch.setattr(torch.distributed, 'init_process_group', lambda backend, **kwargs: joined.update(backend=backend))
    for name in ('RANK', 'LOCAL_RANK', 'WORLD_SIZE', 'MASTER_PORT'):
        monkeypatch.setenv(name, '')  # noted, so that what the code sets is undone
    monkeypatch.delenv('MASTER_PORT')
    for name, value in {'PROCID': '5', 'LOCALID': '1', 'NTASKS': '8'}.items():
        monkeypatch.setenv(f'SLURM_{name}', value)
    monkeypatch.setenv('MASTER_ADDR', 'node0')
    init_distributed('slurm')
    assert (os.environ['RANK'], os.environ['LOCAL_RANK'], os.environ['WORLD_SIZE']) == ('5', '1', '8')
    assert os.environ['MASTER_ADDR'] == 'node0'
    assert joined['backend'] == ('nccl' if torch.cuda.is_available() else 'gloo')


def test_open_clip_imports_and_tokenizes():
    tokens = import_open_clip().get_tokenizer('ViT-B-32')(['a chair'])
    assert tokens.shape == (1, 77)


@pytest.mark.parametrize(('extra', 'command'), [(None, 'pip install uniseg3d$'), ('cuda', r'pip install "uniseg3d\[cuda\]"$')])
def test_a_missing_package_is_said_with_a_command_that_brings_it(extra, command):
    with pytest.raises(MissingPackageError, match=f'no_such_package is needed here .* install it with: {command}'):
        import_optional('no_such_package', extra)


def test_open_clip_comes_with_the_plain_installation(monkeypatch):
    monkeypatch.setitem(sys.modules, 'open_clip', None)
    with pytest.raises(MissingPackageError, match=r'pip install uniseg3d$'):
        import_open_clip()


def test_config_text_is_laid_out_once(monkeypatch):
    format_configs_once()
    format_configs_once()
    config = Config({'a': {'b': [1, 2, 3]}})
    text = config.pretty_text
    assert config.pretty_text == text == 'a = dict(b=[\n    1,\n    2,\n    3,\n])\n'
    assert mmengine_compat.FORMATTED in vars(mmengine_compat.config_module)
