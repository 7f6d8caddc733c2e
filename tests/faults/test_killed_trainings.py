"""Each system's training, killed at any moment: no good checkpoint is lost, and the run goes on as if nothing had happened."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from faults.tiny_trainings import EVERY, SCENES, STEPS, VIEWS, differing, killed, tiny, train, weights, write_data

from uniseg3d.engine.resume import checkpoints, newest_good

QUICK = ('semantic_baseline_rooms', 'dust3r_tiny_rooms')  # all nine take a minute


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """One that goes with the test: pytest would keep the weights."""
    yield tmp_path
    shutil.rmtree(tmp_path)


@pytest.mark.parametrize(
    'name', [name if name in QUICK else pytest.param(name, marks=pytest.mark.long) for name in (*SCENES, *VIEWS)]
)
def test_a_killed_training_goes_on_as_if_nothing_had_happened(name: str, folder: Path) -> None:
    """Same data, losses, weights and moments, to the last bit; also where the newest file was cut short by the kill."""
    data = write_data(name, folder / 'data')
    whole = train(tiny(name, data, folder / 'whole'), folder / 'whole.txt')
    assert len(whole) == len({seen for seen, _ in whole}) == len({loss for _, loss in whole}) == STEPS
    config = tiny(name, data, folder / 'cut')
    begun = killed(config, folder / 'cut.txt', STEPS - 1, Random(name))
    assert begun == whole[: len(begun)] and len(begun) >= STEPS - 1
    newest = newest_good(folder / 'cut')
    assert newest in checkpoints(folder / 'cut')[:2]
    with open(newest, 'rb+') as file:
        file.truncate(newest.stat().st_size // 2)
    good = newest_good(folder / 'cut')
    assert good is not None and good != newest
    done = int(good.stem.split('_')[1])
    assert done % EVERY == 0 and STEPS - done <= 2 * EVERY
    assert train(config, folder / 'rest.txt', resume=True) == whole[done:]
    assert differing(weights(folder / 'whole'), weights(folder / 'cut')) == []
