"""What is timed against each other gives the same."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / 'tools'))

import pytest
from benchmarks import lifting
from benchmarks.checks import DisagreementError
from benchmarks.timing import Settings


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(lifting, 'SIZE', (32, 40))
    monkeypatch.setattr(lifting, 'CHANNELS', 8)


def test_all_ways_agree():
    features, sentences = lifting.lifting(Settings(sizes=(200,)))  # each way is checked against the first
    assert set(features.candidates) == {'every point', 'seen points', 'ours'} and features.baseline == 'every point'
    assert set(sentences.candidates) == {'as features', 'as sentences'}
    for work in sentences.candidates.values():
        work()


def test_a_wrong_way_is_not_timed(monkeypatch):
    monkeypatch.setattr(lifting, 'seen_points', lambda seen, maps, total: total.add_(1))
    with pytest.raises(DisagreementError, match='seen points'):
        next(lifting.lifting(Settings(sizes=(200,))))
