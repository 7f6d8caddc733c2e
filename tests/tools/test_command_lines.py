"""Every command line explains itself, ends mistakes with one sentence, and the shell scripts are sound."""

import itertools
import json
import os
import re
import runpy
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from uniseg3d.engine.curves import draw_curves, read_curves, summary
from uniseg3d.utils.errors import DataError, FileFormatError

TOOLS = Path(__file__).parents[2] / 'tools'
MINE = (
    'train',
    'test',
    'evaluate',
    'print_config',
    'analyze_logs',
    'check_env',
    'download',
    'convert_checkpoint',
    'make_class_embeddings',
)
CONFIG = str(Path(__file__).parents[2] / 'configs' / 'semantic_baseline_rooms.py')  # a config with all that a run needs


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def called(capsys, monkeypatch):
    """Runs a command line in this process: importing torch anew for each would take most of the time."""

    def call(name: str, *args: str) -> Done:
        monkeypatch.setattr(sys, 'argv', [f'{name}.py', *args])
        with pytest.raises(SystemExit) as end:
            runpy.run_path(str(TOOLS / f'{name}.py'), run_name='__main__')
        return Done(int(end.value.code), *capsys.readouterr())

    return call


@pytest.mark.parametrize('name', MINE)
def test_help_has_an_example(called, name):
    done = called(name, '--help')
    assert done.returncode == 0, done.stderr
    assert re.search(rf'[Ee]xamples?:\n.*tools/{name}\.py', done.stdout, re.DOTALL)


@pytest.mark.parametrize(
    ('name', 'args', 'sentence'),
    [
        ('train', ['no_such.py'], 'error: config no_such.py does not exist'),
        ('test', [CONFIG, 'no_such.pth'], 'error: no_such.pth does not exist; check the path'),
        ('evaluate', ['no_such_folder'], 'error: no_such_folder was not written by --dump'),
        ('analyze_logs', ['no_such_folder'], 'error: no_such_folder holds no vis_data/scalars.json'),
        ('download', ['no_such'], 'error: no artefact is called no_such; there are'),
    ],
)
def test_mistakes_end_with_one_sentence(called, name, args, sentence):
    done = called(name, *args)
    assert done.returncode == 1
    assert done.stderr.startswith(sentence)
    assert len(done.stderr.splitlines()) == 1


def test_a_fresh_process_in_a_plain_locale():
    command = [sys.executable, str(TOOLS / 'train.py'), 'no_süch.py']
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=os.environ | {'LC_ALL': 'C'})
    assert done.returncode == 1
    assert done.stderr.startswith('error: config no_s')


def test_options_without_a_value_are_explained(called):
    done = called('print_config', CONFIG, '--cfg-options', 'randomness.seed')
    assert done.returncode == 2
    assert '--cfg-options takes KEY=VALUE pairs, got randomness.seed' in done.stderr


def test_a_config_is_printed_with_its_bases(called):
    done = called('print_config', CONFIG, '--cfg-options', 'randomness.seed=5', '--key', 'randomness')
    assert done.stdout.strip() == 'part = dict(deterministic=False, diff_rank_seed=False, seed=5)'


@pytest.mark.parametrize('script', sorted(TOOLS.glob('*.sh')), ids=lambda path: path.name)
def test_shell_scripts_parse(script):
    assert subprocess.run(['bash', '-n', str(script)]).returncode == 0
    assert 'set -euo pipefail' in script.read_text() or script.name == 'environment.sh'


def fake(folder: Path, name: str) -> None:
    """A program that writes its arguments, one a line."""
    path = folder / name
    path.write_text('#!/usr/bin/env bash\nprintf "%s\\n" "$0" "$@"\n')
    path.chmod(0o755)


def shell(tmp_path: Path, script: str, *args: str, **environment: str) -> list[str]:
    fake(tmp_path, 'python')
    fake(tmp_path, 'srun')
    env = os.environ | {'PATH': f'{tmp_path}{os.pathsep}{os.environ["PATH"]}'} | environment
    done = subprocess.run(['bash', str(TOOLS / script), *args], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_several_machines_are_described_by_the_environment(tmp_path):
    words = shell(
        tmp_path, 'dist_train.sh', 'my config.py', '4', '--resume',
        NNODES='2', NODE_RANK='1', MASTER_ADDR='10.0.0.1', PORT='1234',
    )  # fmt: skip
    options = dict(itertools.pairwise(words))
    assert options['--nnodes'] == '2'
    assert options['--node-rank'] == '1'
    assert options['--nproc-per-node'] == '4'
    assert options['--master-addr'] == '10.0.0.1'
    assert options['--master-port'] == '1234'
    assert words[-4:] == ['my config.py', '--launcher', 'pytorch', '--resume']


def test_slurm_gets_its_resources(tmp_path):
    words = shell(tmp_path, 'slurm_test.sh', 'part', 'job', 'my config.py', 'a b.pth', '--tta', GPUS='4', SRUN_ARGS='--time 5')
    assert '--gres=gpu:4' in words
    assert '--ntasks=4' in words
    assert words[words.index('--time') + 1] == '5'
    assert words[-5:] == ['my config.py', 'a b.pth', '--launcher', 'slurm', '--tta']
    without = shell(tmp_path, 'slurm_train.sh', 'part', 'job', 'c.py', GPUS='0')
    assert '--ntasks=1' in without
    assert not [word for word in without if 'gres' in word]


@pytest.fixture
def log(tmp_path):
    """Two runs in one work dir: the second repeats steps 20 and 30; the first was killed in the middle of a line."""
    runs = {'20260101_000000': [(10, 3.0), (20, 2.5)], '20260101_010000': [(20, 2.0), (30, 1.0)]}
    for name, points in runs.items():
        lines = [json.dumps({'loss': loss, 'time': 0.5, 'epoch': 1, 'iter': step, 'step': step}) for step, loss in points]
        path = tmp_path / name / 'vis_data' / 'scalars.json'
        path.parent.mkdir(parents=True)
        path.write_text('\n'.join(lines) + ('\n{"loss": 2.' if name.endswith('000000') else '\n{"miou": 0.5, "step": 30}\n'))
    return tmp_path


def test_resumed_runs_are_one_curve(log):
    curves = read_curves(log)
    assert curves['loss'] == {10: 3.0, 20: 2.0, 30: 1.0}
    assert curves['miou'] == {30: 0.5}
    assert 'mean time per step: 0.500 s' in summary(curves)


def test_curves_are_drawn(log):
    paths = draw_curves(read_curves(log), log / 'curves')
    assert [path.name for path in paths] == ['loss.png', 'miou.png']
    assert all(path.read_bytes().startswith(b'\x89PNG') for path in paths)
    with pytest.raises(DataError, match='no curve is called acc; there are loss, time, miou'):
        draw_curves(read_curves(log), log, ['acc'])


def test_logs_that_are_none_are_named(tmp_path, log):
    with pytest.raises(DataError, match=r'holds no vis_data/scalars\.json'):
        read_curves(log / '20260101_000000' / 'nothing')
    broken = tmp_path / 'scalars.json'
    broken.write_text('{"loss": 1, "step"\n{"loss": 1, "step": 2}\n')
    with pytest.raises(FileFormatError, match=r'scalars\.json, line 1: not JSON'):
        read_curves(broken)
