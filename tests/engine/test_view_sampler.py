import pytest

from uniseg3d.engine import view_sampler
from uniseg3d.engine.view_sampler import ViewSampler
from uniseg3d.utils.errors import ConfigError


class Data:
    resolutions = ((32, 16), (16, 16), (8, 8))

    def __len__(self) -> int:
        return 22


def test_all_of_a_batch_have_one_size_and_length():
    rows = list(ViewSampler(Data(), batch_size=4, views=(2, 5), seed=0))
    assert sorted(row[0] for row in rows) == list(range(22))
    assert all(len({row[1:] for row in rows[i : i + 4]}) == 1 for i in range(0, 22, 4))
    assert {row[2] for row in rows} <= {2, 3, 4, 5} and len({row[1:] for row in rows}) > 1


def test_resolutions_may_all_be_equally_frequent():
    counts = []
    for favour_first in (True, False):
        sampler = ViewSampler(Data(), batch_size=1, views=2, favour_first=favour_first, seed=0)
        drawn = []
        for epoch in range(100):
            sampler.set_epoch(epoch)
            drawn += [row[1] for row in sampler]
        counts.append([drawn.count(place) / len(drawn) for place in range(3)])
    assert counts[0] == pytest.approx([0.5, 0.25, 0.25], abs=0.04) and counts[1] == pytest.approx([1 / 3] * 3, abs=0.04)


def test_the_order_depends_on_seed_and_epoch_and_can_start_in_the_middle():
    sampler = ViewSampler(Data(), batch_size=4, views=3, seed=0)
    first = list(sampler)
    assert first == list(ViewSampler(Data(), batch_size=4, views=3, seed=0))
    sampler.set_epoch(0, start=8)
    assert list(sampler) == first[8:]
    sampler.set_epoch(1)
    assert list(sampler) != first


def test_two_processes_hold_what_one_with_twice_the_batch_holds(monkeypatch: pytest.MonkeyPatch):
    whole = list(ViewSampler(Data(), batch_size=4, views=(2, 5), seed=0))
    parts = []
    for rank in range(2):
        monkeypatch.setattr('uniseg3d.engine.sampler.get_dist_info', lambda rank=rank: (rank, 2))
        parts.append(list(ViewSampler(Data(), batch_size=2, views=(2, 5), seed=0)))
    assert [row for pair in zip(*parts, strict=True) for row in pair] == whole


def test_without_shuffling_the_samples_come_in_order():
    assert [row[0] for row in ViewSampler(Data(), batch_size=3, views=2, shuffle=False, seed=0)] == list(range(22))


@pytest.mark.parametrize('wrong', [{'batch_size': 0, 'views': 2}, {'batch_size': 2, 'views': (3, 2)}])
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ConfigError, match='fewest <= most'):
        ViewSampler(Data(), **wrong)


def test_it_is_registered():
    assert view_sampler.DATA_SAMPLERS.get('ViewSampler') is ViewSampler
