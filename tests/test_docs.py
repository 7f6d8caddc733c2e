"""Every command and every Python example of the pages is understood by the program that it names.

The README's own commands are run (test_readme.py), the notebook's and the quickstart's too. Here the others are given to the
programs, which stop when they have understood their arguments; files that they name come from a training, from a download
that ``tools/download.py`` knows, or are the reader's own.
"""

import argparse
import ast
import re
import runpy
import shlex
import sys
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest

from uniseg3d.commands.console import COMMANDS, call
from uniseg3d.utils.artefacts import artefacts

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    [
        *ROOT.glob('docs/*.md'),
        *ROOT.glob('configs/*.md'),
        *ROOT.glob('data/**/README.md'),
        *ROOT.glob('README.md'),
        *ROOT.glob('uniseg3d/*/README.md'),
    ]
)
PROGRAMS = ('python ', 'bash ', 'uniseg3d ', './tools/', 'CUDA_VISIBLE_DEVICES', 'cd ', 'pip ', 'docker ')
LAUNCHERS = {'dist_train.sh': ('train.py', 1), 'dist_test.sh': ('test.py', 2)}  # and where the number of processes stands
OTHERS = ('mmcv', 'mmdet', 'mmdet3d', 'numpy', 'sentencepiece', 'mmcv-lite')  # packages that pages install by their own names


class UnderstoodError(Exception):
    """The arguments are fine; nothing else is to be done."""


def text_of(page: Path) -> str:
    return page.read_text(encoding='utf-8')


def blocks(page: Path, *languages: str) -> list[str]:
    return [body for language, body in re.findall(r'```(\w*)\n(.*?)```', text_of(page), re.S) if language in languages]


def commands_of(page: Path) -> list[str]:
    """Lines of shell blocks, and spans of code in the text that have arguments."""
    lines = [line for body in blocks(page, 'bash', 'shell', '') for line in body.splitlines()]
    prose = re.sub(r'```.*?```', '', text_of(page), flags=re.S)
    rows = [span for line in prose.splitlines() if not quotes_another_program(line) for span in re.findall(r'`([^`]+)`', line)]
    found = [re.sub(r'\s+#.*', '', line.strip()) for line in [*lines, *rows]]
    return [part.strip() for line in found if line.startswith(PROGRAMS) for part in line.split(' && ') if ' ' in part]


def quotes_another_program(line: str) -> bool:
    """A row that says what a command of an original is called here: its first cell is not ours."""
    spans = re.findall(r'`((?:python|bash|torchrun|sh) [^`]+)`', line)
    return bool(spans) and line.startswith('|') and not (ROOT / spans[0].split()[1]).exists() and 'cd data' not in line


def cases() -> list[tuple[str, str]]:
    return sorted({(str(page.relative_to(ROOT)), command) for page in PAGES for command in commands_of(page)})


@pytest.fixture
def understand(monkeypatch: pytest.MonkeyPatch):
    parse = argparse.ArgumentParser.parse_args

    def stop(self, *arguments, **named):
        parse(self, *arguments, **named)
        raise UnderstoodError

    monkeypatch.setattr(argparse.ArgumentParser, 'parse_args', stop)
    monkeypatch.chdir(ROOT)

    def run(program: Path, arguments: list[str]) -> None:
        monkeypatch.setattr(sys, 'argv', [str(program), *arguments])
        monkeypatch.syspath_prepend(str(program.parent))
        with pytest.raises(UnderstoodError):
            runpy.run_path(str(program), run_name='__main__')

    return run


@pytest.mark.parametrize(('page', 'command'), cases())
def test_commands_of_the_pages_are_understood(page: str, command: str, understand) -> None:
    words = shlex.split(re.sub(r'\[(--[^]]+)\]', r'\1', command))  # options in brackets may be left out
    words = words[1:] if words[0].startswith('CUDA_VISIBLE_DEVICES') else words
    if words[0] in ('pip', 'docker', 'cd'):
        check_other(words)
    elif words[0] == 'uniseg3d' or words[1:3] == ['-m', 'uniseg3d']:
        check_command(words[1 if words[0] == 'uniseg3d' else 3 :])
    else:
        check_program(page, words if words[0].startswith('./') else words[1:], understand)


def check_program(page: str, words: list[str], understand) -> None:
    """A script of the repository takes the arguments; so does the one that a launcher starts in several processes."""
    name, *rest = words
    places = (ROOT / name, ROOT / Path(page).parent / name, ROOT / 'data/scannet' / name)
    program = next((path for path in places if path.exists()), None)
    assert program, f'{page}: there is no {name}'
    if program.name in LAUNCHERS:
        tool, place = LAUNCHERS[program.name]
        assert rest[place].isdigit() or rest[place].isupper(), f'{words}: the number of processes is missing'
        program, rest = program.with_name(tool), rest[:place] + rest[place + 1 :]
    if program.suffix == '.sh':
        assert all(option in program.read_text() for option in rest if option.startswith('--'))
    elif rest:
        understand(program, rest)


def check_command(words: list[str]) -> None:
    assert not words or words[0] in COMMANDS
    if words[1:]:
        with pytest.raises(UnderstoodError):
            call(words)


def check_other(words: list[str]) -> None:
    """Folders are there; extras and Dockerfiles are ours; other packages are known by name."""
    if words[0] == 'cd':
        assert (ROOT / words[1]).is_dir()
    elif words[0] == 'docker':
        assert all((ROOT / name).is_file() for before, name in pairwise(words) if before == '-f')
    else:
        packages = [word for word in words[2:] if not word.startswith('-') and word != '.']
        for package in packages:
            name, extra = re.fullmatch(r'([\w-]+)(?:\[(\w+)\])?.*', package).groups()
            assert name in OTHERS or (name == 'uniseg3d' and (ROOT / 'requirements' / f'{extra}.txt').is_file()), package


@pytest.mark.parametrize(('page', 'command'), cases())
def test_files_that_commands_name_are_ours_or_known(page: str, command: str) -> None:
    for config in re.findall(r'configs/[\w/]+\.(?:py|json)', command):
        assert (ROOT / config).is_file(), f'{page}: {config}'
    released = {artefact.file for artefact in artefacts().values()}
    for weights in re.findall(r'[\w/.-]+\.(?:pth|ckpt|safetensors)', command):
        made_here = weights.startswith(('work_dirs/', 'data/')) or '--out' in command
        assert made_here or Path(weights).name in released, (
            f'{page}: {weights} is neither made here nor known to tools/download.py'
        )


def examples() -> list[tuple[str, str]]:
    return [(str(page.relative_to(ROOT)), body) for page in PAGES for body in blocks(page, 'python')]


@pytest.mark.parametrize(('page', 'body'), examples())
def test_python_examples_import_what_there_is(page: str, body: str) -> None:
    for node in ast.walk(ast.parse(body)):
        if isinstance(node, ast.ImportFrom) and (node.module or '').startswith('uniseg3d'):
            module = import_module(node.module or '')
            assert all(hasattr(module, alias.name) for alias in node.names), f'{page}: {ast.unparse(node)}'


@pytest.mark.parametrize('page', PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_the_pages_lead_somewhere(page: Path) -> None:
    prose = re.sub(r'```.*?```', '', text_of(page), flags=re.S)
    for target in re.findall(r'\]\(([^)#:\s]+)(?:#[^)]*)?\)', prose):
        assert (page.parent / target).exists(), f'{page.name}: {target}'


def test_every_question_is_answered_with_a_command() -> None:
    parts = re.split(r'^### (\d+)\. ', text_of(ROOT / 'docs/faq.md'), flags=re.M)[1:]
    assert sorted(map(int, parts[::2])) == list(range(1, 26))
    assert all('```bash' in answer for answer in parts[1::2])


SYSTEMS = ('uniseg3d', 'panst3r', 'siu3r', 'sas', 'point3r')
PARTS = (
    r'^## Commands of the original', r'^\| original \| here \|', r'^## Configs|configs/', r'^\| file .*what', r'licence',
    r'digest', r'published', r'^## Citation',
)  # fmt: skip


@pytest.mark.parametrize('system', SYSTEMS)
@pytest.mark.parametrize('part', PARTS)
def test_every_system_has_a_page_with_all_its_parts(system: str, part: str) -> None:
    assert re.search(part, text_of(ROOT / 'docs' / f'{system}.md'), re.M), f'docs/{system}.md lacks {part}'
