"""Numbers of processes, points and pictures below one are refused by every command that takes them."""

import runpy
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.filterwarnings('ignore:Unable to enable fault handler')  # of torch, when the output is captured
@pytest.mark.parametrize(
    'command',
    [
        'tools/create_data.py rooms --workers 0',
        'tools/check_data.py data --workers -2',
        'tools/test.py config checkpoint --show-count 0',
        'tools/make_superpoints.py scan.ply --workers 0',
        'tools/benchmark.py --rounds 0',
        'tools/benchmark.py --threads -1',
        'tools/benchmark.py --size 0',
        'data/scannet/batch_load_scannet_data.py --workers 0',
        'data/scannet/batch_load_scannet_data.py --max_num_point 0',
    ],
)
def test_counts_start_at_one(command, monkeypatch, capsys):
    script, *arguments = command.split()
    monkeypatch.setattr(sys, 'argv', [script, *arguments])
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(ROOT / script), run_name='__main__')
    assert end.value.code == 2
    assert f'argument {arguments[-2]}: expected a whole number of at least 1' in capsys.readouterr().err
