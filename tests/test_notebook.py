"""The notebook's cells run from the first to the last, in an empty folder, without a download."""

import ast
import json
import re
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[1] / 'docs' / 'first_steps.ipynb'
CELLS = json.loads(NOTEBOOK.read_text(encoding='utf-8'))['cells']


def code() -> list[str]:
    return [''.join(cell['source']) for cell in CELLS if cell['cell_type'] == 'code']


def test_the_cells_run_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict = {'__name__': 'notebook'}
    for number, cell in enumerate(code()):
        exec(compile(cell, f'cell {number}', 'exec'), names)
    out = capsys.readouterr().out
    assert re.search(r'\d+ ms, [1-9]\d* superpoints', out) and '12 photos' in out and 'semantic.ply' in out
    assert out.count('points, objects') == 3
    assert (tmp_path / 'results' / 'scan.png').stat().st_size > 10_000


def test_it_is_stored_without_what_it_printed_and_its_links_lead_somewhere() -> None:
    assert all(not cell['outputs'] and cell['execution_count'] is None for cell in CELLS if cell['cell_type'] == 'code')
    prose = ''.join(''.join(cell['source']) for cell in CELLS if cell['cell_type'] == 'markdown')
    assert all((NOTEBOOK.parent / target).exists() for target in re.findall(r'\]\(([^)]+)\)', prose))
    assert all(ast.parse(cell) for cell in code()) and NOTEBOOK.stat().st_size < 20_000
