"""Classes from the query alone."""

import pytest
import torch

from uniseg3d.models.heads import IoUHead, QueryClassHead


@pytest.mark.parametrize('hidden', [False, True])
def test_equals_its_linear_layers(hidden):
    torch.manual_seed(0)
    head, expected = QueryClassHead(8, classes=3, hidden=hidden), torch.randn(5, 8)
    embeddings = expected
    weights = head.state_dict()
    if hidden:
        expected = (expected @ weights['layers.0.weight'].T + weights['layers.0.bias']).clamp(min=0)
    last = 'layers.2' if hidden else 'layers.0'
    expected = expected @ weights[f'{last}.weight'].T + weights[f'{last}.bias']
    assert len(weights) == (4 if hidden else 2) and expected.shape == (5, 4)
    torch.testing.assert_close(head(embeddings, torch.zeros(5, 8)), expected)


def test_what_lies_inside_the_mask_is_not_read():
    head, embeddings = QueryClassHead(8, classes=3), torch.randn(5, 8)
    assert torch.equal(head(embeddings, torch.zeros(5, 8)), head(embeddings, torch.full((5, 8), float('nan'))))
    assert head(embeddings[:0], embeddings[:0]).shape == (0, 4)


def test_a_score_of_two_layers():
    torch.manual_seed(0)
    head, embeddings = IoUHead(8, layers=2), torch.randn(5, 8)
    hidden = (embeddings @ head[0].weight.T + head[0].bias).clamp(min=0)
    torch.testing.assert_close(head(embeddings), (hidden @ head[2].weight.T + head[2].bias)[:, 0])
    assert len(head) == 3 and len(IoUHead(8)) == 5
