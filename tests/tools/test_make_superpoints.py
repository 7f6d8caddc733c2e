"""The command that groups the points of a user's scans."""

import subprocess
import sys
from pathlib import Path

import numpy as np
from scene_files import write_scene

from uniseg3d.io.arrays import write_npy

ROOT = Path(__file__).parents[2]


def make(*arguments: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / 'tools' / 'make_superpoints.py'), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)


def test_a_folder_with_labels_and_a_bad_file(tmp_path: Path) -> None:
    write_scene(tmp_path)
    write_scene(tmp_path, 'room0001_00', 1)
    write_npy(tmp_path / 'points' / 'wrong.npy', np.zeros(4))
    options = (
        '--out',
        tmp_path / 'out',
        '--workers',
        2,
        '--quality',
        tmp_path,
        '--voxel-size',
        0.2,
        '--cache',
        tmp_path / 'cache',
    )
    result = make(tmp_path / 'points', *options)
    assert result.returncode == 1
    assert '2 written, 1 failed' in result.stdout and 'wrong.npy: expected shape' in result.stdout
    rows = [line for line in result.stdout.splitlines() if 'room000' in line]
    assert len(rows) == 2 and all('cloud' in row and '400' in row and '0.' in row for row in rows)
    bars = [line.split('│')[1:4] for line in result.stdout.splitlines() if '#' in line]
    assert bars and sum(int(bar[1]) for bar in bars) == sum(int(row.split('│')[4]) for row in rows)
    assert sorted(path.name for path in (tmp_path / 'out').iterdir()) == [f'room000{i}_00.superpoints.npy' for i in (0, 1)]


def test_mistakes_are_one_sentence(tmp_path: Path) -> None:
    result = make('nothing.ply', cwd=tmp_path)
    assert (result.returncode, result.stderr) == (1, 'error: nothing.ply does not exist\n')
    assert not list(tmp_path.iterdir())
