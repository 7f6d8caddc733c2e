"""The installed command: it teaches, and is the same code as the scripts of the same names."""

import subprocess
import sys
from pathlib import Path

import pytest

from uniseg3d.commands.console import COMMANDS, call
from uniseg3d.utils.errors import ConfigError

ROOT = Path(__file__).parents[2]


def test_help_names_every_command(capsys):
    assert call([]) == call(['--help']) == 0
    out = capsys.readouterr().out
    assert all(f'\n  {name}' in out for name in COMMANDS)


@pytest.mark.parametrize('name', COMMANDS)
def test_every_command_explains_itself_with_examples(name, capsys):
    with pytest.raises(SystemExit) as end:
        call([name, '--help'])
    out = capsys.readouterr().out
    assert end.value.code == 0
    assert out.startswith(f'usage: uniseg3d {name}') and f'\n    uniseg3d {name}' in out.split('Example')[1]


def test_what_is_no_command_is_said(capsys):
    assert call(['paint']) == 2
    assert "no command 'paint'" in capsys.readouterr().err


def test_mistakes_are_errors_of_the_package(tmp_path):
    with pytest.raises(ConfigError, match='does not exist'):
        call(['info', 'no_such_config'])


@pytest.mark.parametrize('name', ['infer', 'reconstruct', 'check_env'])
def test_scripts_and_commands_are_the_same_code(name):
    source = (ROOT / 'tools' / f'{name}.py').read_text()
    assert f'from uniseg3d.commands.{name} import main' in source and 'argparse' not in source


def test_bare_names_of_configs_are_found_from_any_folder(tmp_path):
    command = [sys.executable, '-m', 'uniseg3d', 'info', 'uniseg3d_1xb4_rooms']
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert 'UniSeg3D' in done.stdout
