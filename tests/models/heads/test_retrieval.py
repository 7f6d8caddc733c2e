"""Retrieval heads of other forms than the references have, and what they refuse."""

import pytest
import torch
from torch import nn

from uniseg3d.models.heads.retrieval import Retrieval, RetrievalHead, Whitening, retrieval_head
from uniseg3d.utils.errors import CheckpointError, DataError


def two_layers() -> RetrievalHead:
    torch.manual_seed(0)
    projector = nn.Sequential(nn.Linear(8, 16), nn.LayerNorm(16), nn.GELU(), nn.Linear(16, 8, bias=False))
    return RetrievalHead(projector, prewhiten=Whitening(8, 8), residual=True, features=-0.5)


def test_layers_follow_from_the_weights():
    head = two_layers()
    with torch.no_grad():
        head.prewhiten.m.normal_()
        head.prewhiten.p.normal_()
    again = retrieval_head({**head.state_dict(), 'backbone.weight': torch.zeros(1)}, residual=True, features=-0.5)
    assert again.postwhiten is None and again.prewhiten.p.dtype == torch.float64
    tokens = torch.randn(5, 8)
    for one, other in zip(head(tokens), again(tokens), strict=True):
        assert torch.equal(one, other)
    given = (tokens.double() - head.prewhiten.m) @ head.prewhiten.p
    torch.testing.assert_close(head(tokens)[0], head.projector(given.float()) + given.float())


def test_a_share_or_a_number_of_tokens_is_kept():
    head, tokens = two_layers(), torch.randn(7, 8)
    features, worth, place = head.best(tokens)
    assert len(features) == 3 and torch.equal(worth, worth.sort(descending=True).values)
    assert torch.equal(features, head(tokens)[0][place])
    head.features = 300
    assert len(head.best(tokens)[0]) == 7


def test_half_precision_tokens_are_raised():
    with torch.autocast('cpu', torch.bfloat16):
        features, _ = two_layers()(torch.randn(3, 8, dtype=torch.bfloat16))
    assert features.dtype == torch.float32


def test_images_of_different_sizes_are_compared_with_themselves_most():
    torch.manual_seed(1)
    retrieval = Retrieval(RetrievalHead(nn.Sequential(nn.Linear(8, 32)), features=50), torch.randn(200, 32))
    scores = retrieval.similarity([torch.randn(count, 8) for count in (30, 60, 45)])
    assert scores.shape == (3, 3) and torch.equal(scores.argmax(1), torch.arange(3))
    with pytest.raises(DataError, match='no images'):
        retrieval.similarity([])


def test_a_gap_in_the_layers_is_named():
    with pytest.raises(CheckpointError, match=r'projector\.3\.weight, expected projector\.1\.weight'):
        retrieval_head({'projector.0.weight': torch.zeros(4, 4), 'projector.3.weight': torch.zeros(4, 4)})
