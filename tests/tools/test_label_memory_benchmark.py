"""Labels by masks and by a table are the same, and what they take is measured in processes of their own."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / 'tools'))

import pytest
import torch
from benchmarks import label_memory
from benchmarks.checks import DisagreementError
from benchmarks.suite import SUITE
from benchmarks.timing import Settings


def test_both_ways_are_the_same() -> None:
    table, masks = (label_memory.drawn_labels(way, 12) for way in label_memory.WAYS)
    assert table.shape == (label_memory.CLASSES, 12, 12)
    torch.testing.assert_close(masks, table, atol=1e-5, rtol=0)


def test_rows_are_relative_to_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    peaks = dict(zip(label_memory.WAYS, (300.0, 20.0), strict=True))
    monkeypatch.setattr(label_memory, '_apart', lambda way, side: peaks[way])
    rows = list(SUITE['B19'](Settings(sizes=(16,))))
    assert [(row.candidate, row.value, row.unit) for row in rows] == [(way, peak, 'MB') for way, peak in peaks.items()]
    assert rows[0].ratio == 1 and rows[1].ratio == pytest.approx(20 / 300)


def test_ways_that_differ_are_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = label_memory.drawn_labels
    monkeypatch.setattr(label_memory, 'drawn_labels', lambda way, side: drawn(way, side) * (1 + (way == label_memory.WAYS[1])))
    with pytest.raises(DisagreementError):
        next(label_memory.label_memory(Settings(sizes=(16,))))


def test_a_table_takes_at_least_its_own_size() -> None:
    side = 96
    table = 2 * side**2 * label_memory.QUERIES * label_memory.CLASSES * 4 / 1e6
    assert table < label_memory._apart(label_memory.WAYS[0], side) < 20 * table
