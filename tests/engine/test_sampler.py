"""Every sample once, in an order of (seed, epoch), and several processes together see what one would see."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uniseg3d.engine.sampler import EpochSampler
from uniseg3d.utils.errors import DataError


def dealt(size: int, world: int, epoch: int = 0, start: int = 0, **settings) -> list[list[int]]:
    """Indices of each process."""
    hands = []
    for rank in range(world):
        sampler = EpochSampler(range(size), seed=5, **settings)
        sampler.rank, sampler.world_size = rank, world
        sampler.set_epoch(epoch, start)
        hands.append(list(sampler))
        if start == 0:
            assert len(hands[-1]) == len(sampler)
    return hands


def test_epochs_differ_and_repeat():
    first, second = dealt(20, 1, epoch=0)[0], dealt(20, 1, epoch=1)[0]
    assert sorted(first) == sorted(second) == list(range(20))
    assert first != second
    assert dealt(20, 1, epoch=1)[0] == second
    assert dealt(20, 1, shuffle=False)[0] == list(range(20))


@given(size=st.integers(1, 40), world=st.integers(1, 4), batch=st.integers(1, 4), drop=st.booleans())
def test_processes_together_see_the_batches_of_one(size, world, batch, drop):
    if drop and size < world:
        return
    hands = dealt(size, world, drop_last=drop)
    assert len({len(hand) for hand in hands}) == 1
    (alone,) = dealt(size, 1)
    step = world * batch
    for number in range(size // step):
        together = {i for hand in hands for i in hand[number * batch : (number + 1) * batch]}
        assert together == set(alone[number * step : (number + 1) * step])
    seen = {i for hand in hands for i in hand}
    assert seen == set(alone[: size // world * world] if drop else alone)


@given(size=st.integers(4, 40), world=st.integers(1, 4), steps=st.integers(0, 3))
def test_a_pass_starts_in_its_middle(size, world, steps):
    start = min(steps * world, size // world * world)
    whole, rest = dealt(size, world, epoch=3), dealt(size, world, epoch=3, start=start)
    assert [hand[start // world :] for hand in whole] == rest


def test_a_finished_pass_is_empty():
    assert dealt(10, 2, start=10) == [[], []]


def test_too_many_processes_are_refused(monkeypatch):
    monkeypatch.setattr('uniseg3d.engine.sampler.get_dist_info', lambda: (0, 4))
    with pytest.raises(DataError, match='3 samples cannot be dealt to 4 processes'):
        EpochSampler(range(3), seed=0, drop_last=True)
    assert len(EpochSampler(range(3), seed=0)) == 1
    assert np.isin(list(EpochSampler(range(3), seed=0)), range(3)).all()
