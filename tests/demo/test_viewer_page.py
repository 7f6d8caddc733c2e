"""The commands of the page about the viewer are understood, and the photos' part of infer says what it needs."""

import re
import shlex
from pathlib import Path

import pytest

from uniseg3d.commands import infer, view
from uniseg3d.utils.errors import ConfigError

PAGE = Path(__file__).parents[2] / 'docs' / 'viewer.md'


def commands(name):
    blocks = re.findall(r'```bash\n(.*?)```', PAGE.read_text(encoding='utf-8'), re.S)
    prefix = f'uniseg3d {name} '
    return [line.removeprefix(prefix) for block in blocks for line in block.splitlines() if line.startswith(prefix)]


@pytest.mark.parametrize('command', commands('view'))
def test_commands_of_the_viewer_are_understood(command):
    args = view.parse_args(shlex.split(command))
    assert args.scene and args.server_name == '127.0.0.1' and args.allow_local_files is None


@pytest.mark.parametrize('command', commands('infer'))
def test_commands_about_photos_are_understood(command):
    args = infer.parse_args(shlex.split(command))
    assert args.lift and args.inputs


def test_the_page_names_every_command():
    from uniseg3d.commands.console import COMMANDS

    assert all(f'`uniseg3d {name}`' in PAGE.read_text(encoding='utf-8') for name in COMMANDS)


def test_what_cannot_be_shown_is_said_before_a_model_is_loaded(tmp_path):
    for arguments, message in (
        (['no_such.ply', '--weights', 'x'], 'does not exist'),
        (['--allow-local-files', str(tmp_path / 'none')], 'is no folder'),
    ):
        with pytest.raises(ConfigError, match=message):
            view.make_host(view.parse_args(arguments))
