"""All forms of a memory agree before they are timed."""

import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[2] / 'tools'))

from benchmarks import must3r
from benchmarks.checks import DisagreementError
from benchmarks.timing import Settings, measure

from uniseg3d.models.layers.memory_block import FORMS, MemoryBlock


def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(must3r, 'GRID', (2, 3))
    monkeypatch.setattr(must3r, 'SIZES', {'in_dim': 16, 'dim': 24, 'heads': 2})


def test_every_form_is_timed(monkeypatch):
    small(monkeypatch)
    items = list(must3r.remembering(Settings(sizes=(4, 30))))
    assert [item.size for item in items] == ['4 patches, 4 tokens in memory', '6 patches, 30 tokens in memory']
    rows = measure(items[0], Settings(rounds=1), None)
    assert {row.candidate for row in rows} == set(FORMS) and {row.baseline for row in rows} == {'normalized'}


def test_a_form_that_answers_otherwise_is_no_result(monkeypatch):
    small(monkeypatch)
    recall = MemoryBlock.recall

    def other(block, stored, form):
        seen = recall(block, stored, form)
        return seen._replace(value=torch.zeros_like(seen.value)) if form == 'raw' else seen

    monkeypatch.setattr(MemoryBlock, 'recall', other)
    with pytest.raises(DisagreementError, match='B17: a memory of raw'):
        list(must3r.remembering(Settings(sizes=(9,))))
