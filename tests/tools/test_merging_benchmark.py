"""The loops and our merging agree, and ours ends at least as low."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[2] / 'tools'))

from benchmarks import merging
from benchmarks.checks import DisagreementError
from benchmarks.timing import Settings, measure
from peers.literal_qubo import literal_annealing, literal_energy, literal_overlap

from uniseg3d.models.postprocess.qubo import coverage_matrix, energy


def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, 'SIZE', (12, 16))
    monkeypatch.setattr(merging, 'SEEDS', 1)
    monkeypatch.setattr(merging.literal_annealing, '__defaults__', (2, 300, 0.5, 1e-4))


def test_every_item_runs_and_candidates_agree(monkeypatch):
    small(monkeypatch)
    found = list(merging.qubo_merging(Settings(sizes=(7,))))
    assert [item.what for item in found] == ['overlaps of masks', 'choosing masks']
    for item in found:
        rows = measure(item, Settings(rounds=1), None)
        assert {row.candidate for row in rows} == set(item.candidates)


def test_a_worse_energy_is_no_result(monkeypatch):
    small(monkeypatch)
    monkeypatch.setattr(merging, 'Annealing', lambda **_: lambda matrix, price: np.zeros(len(matrix), int))
    with pytest.raises(DisagreementError, match='annealing ends at 0'):
        list(merging.qubo_merging(Settings(sizes=(7,))))


def test_the_loops_are_right():
    masks = torch.tensor([[1.0, 0.5, 0], [0.25, 1, 0], [0, 0, 1]])
    assert literal_overlap(masks).tolist() == [[1.5, 0.75, 0], [0.75, 1.25, 0], [0, 0, 1]]
    matrix = coverage_matrix(literal_overlap(masks).double().numpy(), 3)
    chosen = literal_annealing(matrix, 1e-3, np.random.default_rng(0), 2, 200)
    assert chosen.tolist() in ([1, 0, 1], [1, 1, 1]) and literal_energy(matrix, chosen, 1e-3) == pytest.approx(
        energy(matrix, chosen)
    )
