"""What a frame of Point3R costs is what is predicted, and the loops lose."""

import sys
from pathlib import Path

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

sys.path.insert(0, str(Path(__file__).parents[2] / 'tools'))

from benchmarks import point3r
from benchmarks.checks import DisagreementError
from benchmarks.timing import Settings, measure

from uniseg3d.models.decoders.two_stream import Places, TwoStreamDecoder

# GFLOP of the linear layers of the original at 512 x 384: pointers to image stream and memory stream.
PUBLISHED = {768: (174, 174), 1536: (196, 326), 3072: (239, 631), 6144: (326, 1239)}


def attention_flop(pointers: int) -> float:
    """Products of attention in both streams at the published size."""
    return 12 * 4 * 768 * (769**2 + 2 * 769 * pointers + pointers**2)


@pytest.mark.parametrize('pointers', PUBLISHED)
def test_the_prediction_is_the_originals_cost(pointers: int) -> None:
    """But for the last block of the memory stream, a twelfth of it, which we leave out."""
    image, memory = PUBLISHED[pointers]
    expected = (image + memory) * 1e9 + attention_flop(pointers)
    predicted = point3r.stream_flop(point3r.PUBLISHED, 768, pointers)
    assert expected * (1 - 1 / 11) < predicted < expected * 1.005


@pytest.mark.parametrize('pointers', [768, 6144])
def test_what_is_computed_is_what_is_predicted(pointers: int) -> None:
    """Operations are counted without being done, at the published size."""
    with torch.device('meta'):
        decoder = TwoStreamDecoder(**point3r.PUBLISHED).eval()
        inputs = [torch.empty(1, count, width) for count, width in ((768, 1024), (1, 768), (pointers, 768))]
        places = Places(torch.empty(1, 768, 3), torch.empty(1, pointers, 3))
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            decoder(*inputs, places)
    predicted = point3r.stream_flop(point3r.PUBLISHED, 768, pointers)
    assert counter.get_total_flops() == pytest.approx(predicted, rel=0.01)


def items(monkeypatch: pytest.MonkeyPatch) -> dict:
    monkeypatch.setattr(point3r, 'SMALL', {'in_dim': 24, 'dim': 24, 'depth': 2, 'heads': 2, 'memory_heads': 3})
    monkeypatch.setattr(point3r, 'PATCHES', 12)
    monkeypatch.setattr(point3r, 'LAYERS', 2)
    found = list(point3r.streaming(Settings(sizes=(8, 16))))
    return {item.what: item for item in found}


def test_every_item_runs_and_candidates_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    found = items(monkeypatch)
    assert list(found) == ['both streams', 'rotation by places in space', 'merging of pointers']
    for item in found.values():
        rows = measure(item, Settings(rounds=1), None)
        assert [row.candidate for row in rows] == list(item.candidates) and item.baseline in item.candidates
    merged = found['merging of pointers']
    torch.testing.assert_close(merged.candidates['ours'](), merged.candidates['literal loops']())


def test_literal_loops_are_at_least_five_times_slower() -> None:
    """At the size that is promised; the ratio of one process survives a busy machine."""
    sizes = point3r.SMALL
    for item in (point3r.merging(Settings(), sizes['dim']), point3r.rotating(Settings(), sizes)):
        ours, literal = measure(item, Settings(rounds=3), None)
        assert ours.candidate == 'ours' and literal.ratio >= 5, f'{item.what}: {literal.ratio:.1f}'


def test_rules_that_differ_are_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    merge = point3r.literal_merge

    def unequal(*parts: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features, positions = merge(*parts)
        return features + 0.1, positions

    monkeypatch.setattr(point3r, 'literal_merge', unequal)
    with pytest.raises(DisagreementError, match='B14: ours, merging of pointers'):
        items(monkeypatch)
