"""SIGKILL at any moment: the run goes on from a good file, with the losses it would have had."""

import contextlib
import multiprocessing
import random
import time
from pathlib import Path

import pytest
from toy_system import toy_config, train_toy

from uniseg3d.engine.resume import checkpoints, newest_good

STEPS = 60
CHANGES = f"""
train_cfg = dict(max_iters={STEPS})
train_dataloader = dict(dataset=dict(delay=0.004))
default_hooks = dict(checkpoint=dict(iter_interval=1, max_keep_ckpts=2), logger=dict(interval=60))
"""


def attempt(config: Path, trace: Path) -> multiprocessing.Process:
    """A training in a process of its own, forked because importing everything again would take most of the time."""
    process = multiprocessing.get_context('fork').Process(target=quiet_training, args=(config, trace))
    process.start()
    return process


def quiet_training(config: Path, trace: Path) -> None:
    with open(trace.with_suffix('.log'), 'w') as log, contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
        train_toy(config, trace, resume='auto')


def killed_run(tmp_path: Path, kills: int) -> None:
    whole = train_toy(toy_config(tmp_path, CHANGES, name='whole'), tmp_path / 'whole', work_dir=f'{tmp_path}/w')
    config, clock = toy_config(tmp_path, CHANGES), random.Random(kills)
    begun = 0
    for number in range(kills):
        process = attempt(config, tmp_path / f'trace{number}')
        deadline = time.monotonic() + 60
        while len(lines(tmp_path / f'trace{number}')) < 3 and process.is_alive() and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(clock.random() * 0.1)  # anywhere between two saves, or in one
        process.kill()
        process.join()
        newest = newest_good(tmp_path / 'work')
        assert newest in checkpoints(tmp_path / 'work')[:2]  # a kill may come before the newest file is noted as such
        begun = int(newest.stem.split('_')[1])
    rest = train_toy(config, tmp_path / 'rest', resume='auto')
    assert 0 < begun < STEPS
    assert rest == whole[begun:]


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def test_three_kills(tmp_path):
    killed_run(tmp_path, kills=3)


@pytest.mark.long
def test_ten_kills(tmp_path):
    killed_run(tmp_path, kills=10)
