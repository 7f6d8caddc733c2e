"""Two processes of which one has less to do than the other, or fails: both end, and with the same words or numbers."""

import contextlib
import multiprocessing
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from toy_system import toy_config, train_toy

from uniseg3d.engine.launch import run_test, run_training
from uniseg3d.engine.options import TestOptions, TrainOptions
from uniseg3d.utils.errors import DataError

PATIENCE = 120  # seconds until a process that hangs is given up
PLAIN = """
model = dict(dropout=0.0, eval_norm=True)
train_cfg = dict(max_iters=4)
default_hooks = dict(logger=dict(interval=1), checkpoint=dict(iter_interval=4))
"""


def _rank(rank: int, port: int, work: Callable[[], Any], answers: multiprocessing.Queue) -> None:
    os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE='2', MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port))
    with open(os.devnull, 'w') as nothing, contextlib.redirect_stdout(nothing), contextlib.redirect_stderr(nothing):
        try:
            answers.put((rank, work()))
        except Exception as error:
            answers.put((rank, f'{type(error).__name__}: {error}'))


def on_two_ranks(work: Callable[[], Any]) -> list[Any]:
    """What each of two processes returns, or the error that ended it; neither may hang."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]
    forked = multiprocessing.get_context('fork')
    answers = forked.Queue()
    ranks = [forked.Process(target=_rank, args=(rank, port, work, answers)) for rank in (0, 1)]
    for process in ranks:
        process.start()
    try:
        found = dict(answers.get(timeout=PATIENCE) for _ in ranks)
    finally:
        for process in ranks:
            process.join(10)
            process.kill()
    return [found[0], found[1]]


@pytest.mark.parametrize('count', [1, 3])
def test_metrics_are_those_of_one_process_where_a_rank_has_less_or_nothing(tmp_path: Path, count: int) -> None:
    data = f'val_dataloader = dict(dataset=dict(count={count}))\ntest_dataloader = dict(dataset=dict(count={count}))\n'
    config = toy_config(tmp_path, PLAIN + data)
    train_toy(config, tmp_path / 'trace')
    options = {'config': str(config), 'checkpoint': str(tmp_path / 'work')}
    alone = run_test(TestOptions(**options))
    together = on_two_ranks(lambda: run_test(TestOptions(**options, launcher='pytorch')))
    assert together == [alone, alone]


def _trained(config: Path, launcher: str) -> list[float]:
    """The weights after a short training."""
    runner = run_training(TrainOptions(config=str(config), launcher=launcher))
    return [float(value.double().sum()) for value in runner.model.state_dict().values()]


def test_a_training_whose_data_leave_a_rank_without_a_sample_of_its_own(tmp_path: Path) -> None:
    """The sample is seen by both, as the sampler promises, so that neither waits for the other."""
    config = toy_config(tmp_path, PLAIN + 'train_dataloader = dict(batch_size=1, drop_last=False, dataset=dict(count=1))\n')
    first, second = on_two_ranks(lambda: _trained(config, 'pytorch'))
    assert first == second == pytest.approx(_trained(config, 'none'), abs=1e-5)


def test_dropped_remainders_that_are_everything_are_refused_by_both(tmp_path: Path) -> None:
    config = toy_config(tmp_path, PLAIN + 'train_dataloader = dict(batch_size=1, dataset=dict(count=1))\n')
    first, second = on_two_ranks(lambda: _trained(config, 'pytorch'))
    assert first == second and first.startswith(f'{DataError.__name__}: 1 samples cannot be dealt to 2 processes')
