"""The page about ScanNet names commands, options and configs that there are, and the new tools explain themselves."""

import re
import runpy
import sys
from pathlib import Path

import pytest

from uniseg3d.datasets.preparation.descriptions import SOURCES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / 'docs' / 'scannet.md').read_text(encoding='utf-8')
COMMANDS = re.findall(r'(?:python|bash) (?:tools|batch)[^`\n]*', PAGE)


def source_of(command: str) -> str:
    """Text of the command's program and of what it takes its options from."""
    name = command.split()[1]
    path = ROOT / name if (ROOT / name).exists() else ROOT / 'data' / 'scannet' / name
    return path.read_text(encoding='utf-8') + (ROOT / 'uniseg3d' / 'engine' / 'arguments.py').read_text(encoding='utf-8')


def test_there_are_commands() -> None:
    assert len(COMMANDS) > 12


@pytest.mark.parametrize('command', COMMANDS)
def test_commands_have_their_options_and_configs(command: str) -> None:
    source = source_of(command)
    assert all(option in source for option in re.findall(r'--[a-z-]+', command))
    assert all((ROOT / config).exists() for config in re.findall(r'configs/\w+\.py', command))


def test_every_source_of_sentences_is_explained() -> None:
    for name, source in SOURCES.items():
        assert f'`{name}`' in PAGE
        assert source.file.replace('{split}', '{train,val}') in PAGE


@pytest.mark.parametrize('name', ['extract_frames', 'lift_masks'])
def test_help_has_an_example(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, 'argv', [f'{name}.py', '--help'])
    with pytest.raises(SystemExit, match='0'):
        runpy.run_path(str(ROOT / 'tools' / f'{name}.py'), run_name='__main__')
    assert re.search(rf'Examples?:\n *python tools/{name}\.py', capsys.readouterr().out)


def test_masks_that_are_not_there_are_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, 'argv', ['lift_masks.py', str(tmp_path), '--masks', str(tmp_path / 'none')])
    with pytest.raises(SystemExit, match='1'):
        runpy.run_path(str(ROOT / 'tools' / 'lift_masks.py'), run_name='__main__')
    assert capsys.readouterr().err.startswith(f'error: {tmp_path / "none"} does not exist')
