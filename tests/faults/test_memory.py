"""Memory that does not suffice: a sentence with a size that fits, and the process goes on."""

import contextlib
import copy
import multiprocessing
import os
import re
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from toy_system import ToyModel, toy_config
from untrained_inferencer import boxes, inferencer

from uniseg3d.apis.infer_files import infer_files
from uniseg3d.apis.memory_forecast import GIB, TILE_SIZES, forecast, what_would_fit
from uniseg3d.apis.result_files import Request
from uniseg3d.demo.model_queue import ModelQueue
from uniseg3d.engine.launch import run_test, run_training
from uniseg3d.engine.options import TestOptions, TrainOptions
from uniseg3d.io.ply import PlyMesh, write_ply
from uniseg3d.utils.errors import DataError
from uniseg3d.utils.memory import memory_explained, ran_out

MIB = 1 << 20
NUMPY, TORCH = (lambda: np.zeros(1 << 50, np.uint8)), (lambda: torch.zeros(1 << 50))


def limited(spare: int, work: Callable[[], Any]) -> Any:
    """What ``work`` returns, or its error, in a process that may take ``spare`` bytes more than it has."""

    def run(answers: multiprocessing.Queue) -> None:
        pages = int(Path('/proc/self/statm').read_text().split()[0])
        limit = pages * resource.getpagesize() + spare
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        with open(os.devnull, 'w') as nothing, contextlib.redirect_stdout(nothing), contextlib.redirect_stderr(nothing):
            try:
                answers.put(work())
            except Exception as error:
                answers.put(f'{type(error).__name__}: {error}')

    forked = multiprocessing.get_context('fork')
    answers = forked.Queue()
    process = forked.Process(target=run, args=(answers,))
    process.start()
    try:
        return answers.get(timeout=120)
    finally:
        process.join(10)
        process.kill()


@pytest.mark.parametrize('greedy', [NUMPY, TORCH], ids=['numpy', 'torch'])
def test_every_allocator_is_understood(greedy: Callable[[], Any]) -> None:
    with pytest.raises(DataError, match=r'memory ran out; take half'), memory_explained(lambda: 'take half'):
        greedy()
    with pytest.raises(RuntimeError, match='shapes'), memory_explained(lambda: 'take half'):
        raise RuntimeError('shapes')
    assert ran_out(torch.OutOfMemoryError()) and not ran_out(ValueError("can't allocate memory"))


def test_what_is_proposed_takes_less_and_is_possible() -> None:
    building = (10_000_000, 10_000_000, (30.0, 30.0, 3.0))
    for tile in (None, 8.0):
        (size,) = re.findall(r'with a tile of (\d) metres', what_would_fit(*building, tile))
        assert float(size) in TILE_SIZES
        assert forecast(*building, float(size)).peak < 0.7 * forecast(*building, tile).peak
    room = (50_000, 50_000, (5.0, 4.0, 3.0))
    assert 'a spacing 1.5 times as wide leaves the model 22,222 points' in what_would_fit(*room, min(TILE_SIZES))


@pytest.fixture
def greedy_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that asks the allocator for more than any machine has."""
    monkeypatch.setattr(ToyModel, 'forward', lambda *_, **__: TORCH())


@pytest.mark.usefixtures('greedy_model')
def test_training_says_which_batch_would_fit(tmp_path: Path) -> None:
    config = str(toy_config(tmp_path, 'train_cfg = dict(max_iters=2)\n'))
    remedy = r'memory ran out; train_dataloader.batch_size is 2; half should fit: --cfg-options train_dataloader.batch_size=1'
    with pytest.raises(DataError, match=remedy):
        run_training(TrainOptions(config=config))
    assert not list((tmp_path / 'work').glob('*.pth'))


@pytest.mark.usefixtures('greedy_model')
def test_a_test_says_what_would_help(tmp_path: Path) -> None:
    remedy = 'memory ran out; test_dataloader.batch_size is 1 already; take smaller samples'
    with pytest.raises(DataError, match=remedy):
        run_test(TestOptions(config=str(toy_config(tmp_path)), checkpoint='untrained'))


def test_of_several_files_those_that_fit_are_answered(tmp_path: Path) -> None:
    """A process of little memory meets a large file between two small ones."""
    small, large = boxes(count=1500), boxes(count=3_000_000, width=11.0)
    for name, cloud in (('a', small), ('b', large), ('c', small)):
        write_ply(tmp_path / f'{name}.ply', PlyMesh(cloud.xyz, cloud.colors))
    model = inferencer(tmp_path)
    files = [tmp_path / f'{name}.ply' for name in 'abc']
    model(files[0])  # what libraries take for themselves is no matter of files

    def work() -> list[str | None]:
        return [result.error for result in infer_files(model, files, tmp_path / 'out', Request(pictures=False))]

    first, said, last = limited(150 * MIB, work)
    assert first is last is None
    assert 'b.ply: memory ran out; ' in said


def test_the_queue_of_the_viewer_survives() -> None:
    queue = ModelQueue()
    for greedy in (NUMPY, TORCH):
        with pytest.raises(DataError, match='memory ran out; take a smaller scene, or start the viewer with a smaller --tile'):
            queue.run(greedy)
        assert queue.run(lambda: 7) == 7
    queue.close()


def test_a_limit_is_kept_before_anything_is_taken(tmp_path: Path) -> None:
    cloud = boxes(count=400_000, width=9.0)
    model = inferencer(tmp_path)
    with pytest.raises(DataError, match=r'400,000 points, .* but 0\.6 GiB may be used; allow more, cut the file in parts'):
        type(model).open(_with_limit(model, 0.6), cloud)
    assert forecast(400_000, 400_000, (9, 4, 3), None).peak > 0.6 * GIB


def _with_limit(model: Any, gib: float) -> Any:
    """The same model with another limit."""

    limited_model = copy.copy(model)
    limited_model.max_memory = gib
    return limited_model
