"""The Dockerfiles fit the repository: what they copy, install and start is there. Images are not built here."""

import re
from pathlib import Path

import pytest

from uniseg3d.commands.console import COMMANDS

ROOT = Path(__file__).parents[1]
FILES = sorted(ROOT.glob('docker/*.Dockerfile'))


def test_there_is_one_for_each_kind_of_machine() -> None:
    assert [file.name for file in FILES] == ['cpu.Dockerfile', 'cuda.Dockerfile']


@pytest.mark.parametrize('file', FILES, ids=lambda file: file.name)
def test_what_it_installs_is_there(file: Path) -> None:
    text = file.read_text()
    extras = re.search(r'"\.\[([\w,]+)\]"', text)[1].split(',')
    assert 'demo' in extras and ('cuda' in extras) == (file.name == 'cuda.Dockerfile')
    assert all((ROOT / 'requirements' / f'{extra}.txt').is_file() for extra in extras)
    assert all((ROOT / name).is_file() for name in re.findall(r'-c (\S+)', text))
    major, minor = map(int, re.search(r'FROM python:(\d+)\.(\d+)', text).groups())
    assert (3, 10) <= (major, minor) < (3, 14)
    assert 'ENTRYPOINT ["uniseg3d"]' in text and 'USER user' in text and f'-f docker/{file.name} .' in text


@pytest.mark.parametrize('file', FILES, ids=lambda file: file.name)
def test_its_examples_call_commands(file: Path) -> None:
    called = re.findall(r'# +docker run .* uniseg3d(?:-cuda)? ([a-z-]+) ', file.read_text())
    assert called and set(called) <= {*COMMANDS, '-m'}


def test_what_the_package_ships_is_not_ignored() -> None:
    ignored = (ROOT / '.dockerignore').read_text().split()
    assert 'work_dirs' in ignored and '.git' in ignored
    assert not any(name.startswith(('uniseg3d', 'configs', 'requirements', 'README')) for name in ignored)
