"""The loop over pixels and the rasterizer agree, and so do both ways to labels."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / 'tools'))

import pytest
from benchmarks import gaussians
from benchmarks.checks import DisagreementError
from benchmarks.timing import Settings


def test_every_item_runs_and_candidates_agree() -> None:
    found = list(gaussians.drawing(Settings(sizes=(16,))))
    assert [item.what for item in found] == [
        'one view',
        'one view forward',
        'one view forward + backward',
        'labels of one view',
    ]
    for item in found:
        assert item.baseline in item.candidates
        for work in item.candidates.values():
            work()


def test_a_loop_that_computes_something_else_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    literal = gaussians.literal_image
    monkeypatch.setattr(gaussians, 'literal_image', lambda *parts: 1.01 * literal(*parts))
    with pytest.raises(DisagreementError, match='B16: torch is off'):
        next(gaussians.drawing(Settings(sizes=(16,))))


def test_masks_take_a_fraction_of_the_table() -> None:
    scene, _ = gaussians.photo_gaussians(8, 'cpu')
    count = len(scene['means'])
    assert count == 2 * 8 * 8
    table, masks = count * gaussians.QUERIES * gaussians.CLASSES, count * gaussians.QUERIES
    assert masks * 10 <= table
