"""The commands of the page about the viewer are understood, and the photos' part of infer says what it needs."""

import re
import shlex
from pathlib import Path

import pytest

from uniseg3d.commands import infer, view

PAGE = Path(__file__).parents[2] / 'docs' / 'viewer.md'


def commands(name):
    blocks = re.findall(r'```bash\n(.*?)```', PAGE.read_text(encoding='utf-8'), re.S)
    prefix = f'uniseg3d {name} '
    return [line.removeprefix(prefix) for block in blocks for line in block.splitlines() if line.startswith(prefix)]


@pytest.mark.parametrize('command', commands('view'))
def test_commands_of_the_viewer_are_understood(command):
    args = view.parse_args(shlex.split(command))
    assert (args.scene or args.lift or args.stream) and args.server_name == '127.0.0.1' and args.allow_local_files is None


@pytest.mark.parametrize('command', commands('infer'))
def test_commands_about_photos_are_understood(command):
    args = infer.parse_args(shlex.split(command))
    assert args.lift and args.inputs


def test_the_page_names_every_command():
    from uniseg3d.commands.console import COMMANDS

    assert all(f'`uniseg3d {name}`' in PAGE.read_text(encoding='utf-8') for name in COMMANDS)


def test_the_page_names_every_option_of_the_viewer():
    text = PAGE.read_text(encoding='utf-8').partition('## Several people')[0]
    options = set(re.findall(r'--[a-z][a-z-]+', view.make_parser().format_help()))
    named = set(re.findall(r'--[a-z][a-z-]+', text))
    assert options - {'--help', '--unit', '--up'} <= named  # those are about scans, and on the page about own data
    assert set(re.findall(r'^\| `(--[a-z-]+)', text, re.M)) <= options
