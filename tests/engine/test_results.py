import json

import pytest
from rich.console import Console

from uniseg3d.engine.results import comparison, read_results
from uniseg3d.utils.errors import DataError, FileFormatError


def write(folder, stamp, **metrics):
    (folder / stamp).mkdir(parents=True)
    (folder / stamp / f'{stamp}.json').write_text(json.dumps(metrics))


def drawn(table):
    console = Console(width=80)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


def test_the_newest_run_counts(tmp_path):
    write(tmp_path, '20260101_000000', miou=0.1)
    write(tmp_path, '20260102_000000', miou=0.2, note='text is no metric')
    assert read_results(tmp_path) == {'miou': 0.2}
    assert read_results(tmp_path / '20260101_000000' / '20260101_000000.json') == {'miou': 0.1}


def test_runs_stand_side_by_side():
    text = drawn(comparison({'untrained': {'miou': 0.05}, 'trained': {'miou': 0.6, 'pq': 0.5}}))
    rows = [line.replace('│', ' ').split() for line in text.splitlines()]
    assert ['miou', '0.0500', '0.6000'] in rows
    assert ['pq', '-', '0.5000'] in rows
    assert 'miou' not in drawn(comparison({'a': {'miou': 0.1, 'pq': 0.2}}, ['pq']))


def test_mistakes_are_named(tmp_path):
    with pytest.raises(DataError, match='holds no metrics'):
        read_results(tmp_path)
    with pytest.raises(DataError, match='no run measured mIoU; there are miou'):
        comparison({'a': {'miou': 0.1}}, ['mIoU'])
    (tmp_path / 'list.json').write_text('[1]')
    with pytest.raises(FileFormatError, match='expected names and numbers'):
        read_results(tmp_path / 'list.json')
