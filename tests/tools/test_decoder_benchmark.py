"""The literal decoder and losses are the published ones, and a benchmark of unequal candidates is refused."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from fixture_paths import fixture_folder

sys.path.insert(0, str(Path(__file__).parents[2] / 'tools'))

from benchmarks import query_decoder
from benchmarks.checks import DisagreementError
from benchmarks.timing import Settings
from peers.literal_decoder import LiteralDecoder, attention_mask, interaction_mask

from uniseg3d.structures import QuerySet


def test_the_literal_decoder_gives_the_published_numbers() -> None:
    with np.load(fixture_folder('uniseg3d') / 'i_decoder.npz') as file:
        archive = {name: torch.from_numpy(file[name]) for name in file.files}
    layers, channels, dim, heads, hidden, _, _ = archive['config'].tolist()
    decoder = LiteralDecoder(channels, dim, heads, hidden, layers, archive['cls_embed_file'].double()).double()
    weights = {name.removeprefix('w/'): value for name, value in archive.items() if name.startswith('w/')}
    decoder.load_state_dict(weights, strict=False)
    queries = archive['in/queries/0'].double()
    counts = {'scene': int(archive['n_generic'][0]), 'clicks': int(archive['n_clicks'][0]), 'texts': int(archive['n_texts'][0])}
    asked = QuerySet(queries, counts, torch.full((len(queries),), -1))
    assert torch.equal(interaction_mask(asked), archive['in/interaction_mask/0'])
    (outputs,) = decoder([archive['in/feats/0'].double()], [asked])
    for number, output in enumerate(outputs):
        for name, value in (('mask', output.masks), ('cls', output.classes), ('embed', output.embeddings)):
            torch.testing.assert_close(value.detach(), archive[f'out/head{number}/{name}/0'].double(), rtol=0, atol=1e-5)
        assert torch.equal(attention_mask(output.masks), archive[f'out/head{number}/attn_mask/0'])
    torch.testing.assert_close(outputs[-1].semantic.detach(), archive[f'out/head{layers}/sem/0'].double(), rtol=0, atol=1e-5)


def test_losses_gradients_and_masks_agree_closely(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_decoder, 'INSTANCES', 6)  # few enough that all are found
    monkeypatch.setattr(query_decoder, 'TEXTS', 4)
    items = list(query_decoder.decoding(Settings(sizes=(4500,))))
    assert [item.what for item in items] == ['training step', 'decoder prediction']
    for item in items:
        literal, ours = (work() for work in item.candidates.values())
        torch.testing.assert_close(ours, literal, rtol=1e-4, atol=1e-4)
    assert len(items[0].candidates['ours']()) == 10 + 1  # all terms are there, and the gradient
    assert (items[0].candidates['ours']() > 0).all()


def test_decoders_that_differ_are_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    build = query_decoder.build_decoders

    def unequal(generator: torch.Generator) -> tuple:
        literal, ours = build(generator)
        ours.mask_projection[0].bias.data += 0.1
        return literal, ours

    monkeypatch.setattr(query_decoder, 'build_decoders', unequal)
    with pytest.raises(DisagreementError, match='B12: ours'):
        next(query_decoder.decoding(Settings(sizes=(1,))))
