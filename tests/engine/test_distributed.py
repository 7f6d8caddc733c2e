"""Two processes equal one, and when one fails its reason is the one that is shown."""

import contextlib
import json
import multiprocessing
import os
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from toy_system import ROOT, toy_config, train_toy

from uniseg3d.engine.hooks import LossGuardHook
from uniseg3d.engine.launch import run_test, run_training
from uniseg3d.engine.options import TestOptions, TrainOptions
from uniseg3d.utils.errors import DivergenceError
from uniseg3d.utils.mmengine_compat import init_distributed

FIXED_NORM = """
model = dict(dropout=0.0, eval_norm=True)
train_cfg = dict(max_iters=7)
default_hooks = dict(logger=dict(interval=1))
"""
SEVEN = 'train_dataloader = dict(batch_size={}, dataset=dict(count=7))\n'


def launched(script: str, *args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """One of the shell scripts, with the interpreter of these tests first on the path."""
    paths = {
        'PATH': f'{Path(sys.executable).parent}{os.pathsep}{os.environ["PATH"]}',
        'PYTHONPATH': str(Path(__file__).parent),
        'OMP_NUM_THREADS': '1',
    }
    command = ['bash', str(ROOT / 'tools' / script), *args]
    return subprocess.run(command, env=os.environ | paths | environment, capture_output=True, text=True, timeout=180)


def logged_losses(work_dir: Path) -> list[float]:
    (scalars,) = work_dir.rglob('vis_data/scalars.json')
    records = [json.loads(line) for line in scalars.read_text().splitlines()]
    return [record['loss'] for record in records if 'loss' in record]


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    """One process with batch 4, and two with batch 2; epochs end unevenly, and the path has a space and an umlaut."""
    folder = tmp_path_factory.mktemp('zwei Läufe')
    one = toy_config(folder, FIXED_NORM + SEVEN.format(4), name='one')
    train_toy(one, folder / 'trace', work_dir=str(folder / 'one run'))
    two = toy_config(folder, FIXED_NORM + SEVEN.format(2), name='two')
    done = launched('dist_train.sh', str(two), '2', '--work-dir', str(folder / 'two runs'))
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_losses_agree(trained):
    one, two = logged_losses(trained / 'one run'), logged_losses(trained / 'two runs')
    assert len(one) == len(two) == 7
    assert two == pytest.approx(one, abs=1e-5)


def test_metrics_agree_with_an_uneven_last_batch(trained):
    config, weights = str(trained / 'two.py'), str(trained / 'two runs')
    alone = run_test(TestOptions(config=config, checkpoint=weights))
    done = launched('dist_test.sh', config, weights, '2', '--work-dir', str(trained / 'test'))  # 5 scenes, 2 processes
    assert done.returncode == 0, done.stdout + done.stderr
    (scalars,) = (trained / 'test').rglob('20*.json')
    together = json.loads(scalars.read_text())  # one process writes: two at once would leave a torn file
    assert {name: together[name] for name in alone} == alone
    assert 'scenes' not in done.stderr
    assert not (trained / 'test' / '.collect').exists()


def test_the_first_reason_is_shown(trained):
    done = launched('dist_train.sh', str(trained / 'two.py'), '2', '--cfg-options', '+train_dataloader.dataset.fail=3', PORT='')
    assert done.returncode != 0
    cause = done.stderr.split('Root Cause')[1]
    assert 'sample 3 cannot be read' in cause
    assert 'closed by peer' not in cause


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def failing_rank(rank: int, port: int, config: Path, answers: multiprocessing.Queue) -> None:
    os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE='2', MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port))
    with open(os.devnull, 'w') as nothing, contextlib.redirect_stdout(nothing), contextlib.redirect_stderr(nothing):
        try:
            run_training(TrainOptions(config=str(config), launcher='pytorch'))
        except DivergenceError as error:
            answers.put(str(error))


def test_a_loss_of_one_process_ends_both_with_its_scenes(tmp_path):
    port = free_port()
    data = 'train_dataloader = dict(sampler=dict(shuffle=False), dataset=dict(poison=5))\n'
    config, forked = toy_config(tmp_path, FIXED_NORM + data), multiprocessing.get_context('fork')
    answers = forked.Queue()
    ranks = [forked.Process(target=failing_rank, args=(rank, port, config, answers)) for rank in (0, 1)]
    for process in ranks:
        process.start()
    messages = {answers.get(timeout=120) for _ in ranks}
    for process in ranks:
        process.join()
    (message,) = messages
    assert message.startswith('the loss is not finite at iteration 2 (process 1): loss, loss_toy; ')
    assert 'scenes: toy05, toy07.' in message


def guarded_rank(rank: int, port: int, terms: list[dict[str, float]], answers: multiprocessing.Queue) -> None:
    os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE='2', MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port))
    init_distributed('pytorch', 'gloo', timeout=60)
    outputs = {name: torch.tensor(value) for name, value in terms[rank].items()}
    try:
        LossGuardHook().after_train_iter(SimpleNamespace(iter=0), 0, None, outputs)
        answers.put((rank, {name: float(value) for name, value in outputs.items()}))
    except DivergenceError as error:
        answers.put((rank, str(error)))


def guarded(*terms: dict[str, float]) -> list:
    """What the guard leaves of the terms of two processes."""
    port, forked = free_port(), multiprocessing.get_context('fork')
    answers = forked.Queue()
    ranks = [forked.Process(target=guarded_rank, args=(rank, port, terms, answers)) for rank in (0, 1)]
    for process in ranks:
        process.start()
    found = dict(answers.get(timeout=60) for _ in ranks)
    for process in ranks:
        process.join()
    return [found[0], found[1]]


def test_terms_that_only_one_process_has_are_no_trouble():
    assert guarded({'loss': 1.0, 'a': 3.0}, {'loss': 2.0, 'a': 5.0}) == [{'loss': 1.5, 'a': 4.0}] * 2
    uneven = [{'loss': 1.0, 'a': 3.0}, {'loss': 2.0}]
    assert guarded(*uneven) == uneven
    first, second = guarded({'loss': 1.0, 'a': 3.0}, {'loss': float('nan')})
    assert first == second
    assert 'at iteration 1 (process 1): loss;' in first


@pytest.mark.parametrize('script', ['dist_train.sh', 'dist_test.sh', 'slurm_train.sh', 'slurm_test.sh'])
def test_without_arguments_the_scripts_explain_themselves(script):
    done = launched(script)
    assert done.returncode == 2
    assert f'tools/{script}' in done.stdout


JOIN_AND_END = """
import atexit, os, torch.distributed
atexit.register(lambda: print('still joined:', torch.distributed.is_initialized()))  # the first registered runs last
from uniseg3d.utils.mmengine_compat import init_distributed
init_distributed('pytorch', 'gloo', timeout=60)
print('joined:', torch.distributed.is_initialized())
"""


def test_the_group_is_left_before_python_ends():
    ranks = {'RANK': '0', 'LOCAL_RANK': '0', 'WORLD_SIZE': '1', 'MASTER_ADDR': '127.0.0.1', 'MASTER_PORT': str(free_port())}
    done = subprocess.run(
        [sys.executable, '-c', JOIN_AND_END], env=os.environ | ranks, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.split('\n')[:2] == ['joined: True', 'still joined: False']
