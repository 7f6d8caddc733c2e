"""The Dockerfiles fit the repository: what they copy, install and start is there. Images are not built here."""

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from uniseg3d.commands import infer, view
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


def instructions(file: Path) -> list[tuple[str, str]]:
    lines = [line for line in file.read_text().splitlines() if line and not line.startswith('#')]
    return [tuple(one.split(maxsplit=1)) for one in '\n'.join(lines).replace('\\\n', ' ').splitlines()]


@pytest.mark.parametrize('file', FILES, ids=lambda file: file.name)
def test_its_instructions_are_well_formed(file: Path) -> None:
    found = instructions(file)
    assert {name for name, _ in found} <= {'FROM', 'RUN', 'WORKDIR', 'COPY', 'USER', 'EXPOSE', 'ENTRYPOINT', 'CMD'}
    assert found[0][0] == 'FROM' and ':' in found[0][1], 'an image with a version'
    for name, rest in found:
        if name == 'RUN':
            subprocess.run(['sh', '-n', '-c', rest], check=True)
            assert 'apt-get install' not in rest or 'rm -rf /var/lib/apt/lists' in rest
            assert 'pip install' not in rest or '--no-cache-dir' in rest
        elif name in ('ENTRYPOINT', 'CMD'):
            assert isinstance(json.loads(rest), list)
        elif name == 'COPY':
            assert rest == '. .', 'what is left out is said by .dockerignore'
    order = [name for name, _ in found]
    assert order.index('USER') > max(place for place, name in enumerate(order) if name == 'RUN'), 'it does not run as root'


@pytest.mark.parametrize('file', FILES, ids=lambda file: file.name)
def test_its_examples_are_understood(file: Path) -> None:
    called = [shlex.split(line) for line in re.findall(r'# +docker run .* uniseg3d(?:-cuda)? ([a-z-]+ .*)', file.read_text())]
    assert called
    for name, *rest in called:
        assert name in {*COMMANDS, '-m'}
        if name in ('infer', 'view'):
            (infer if name == 'infer' else view).parse_args(rest)


def test_what_the_package_ships_is_not_ignored() -> None:
    ignored = (ROOT / '.dockerignore').read_text().split()
    assert 'work_dirs' in ignored and '.git' in ignored
    assert not any(name.startswith(('uniseg3d', 'configs', 'requirements', 'README')) for name in ignored)
