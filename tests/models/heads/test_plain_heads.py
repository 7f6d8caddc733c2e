"""Classes of a fixed list, and expected overlaps."""

import torch

from uniseg3d.models.heads import IoUHead, LinearClassHead


def test_fixed_classes_read_the_query_and_what_lies_in_its_mask():
    torch.manual_seed(0)
    head = LinearClassHead(8, classes=3)
    embeddings, pooled = (torch.randn(5, 8, requires_grad=True) for _ in range(2))
    logits = head(embeddings, pooled)
    assert logits.shape == (5, 4)
    logits.square().sum().backward()
    assert embeddings.grad.abs().min() > 0 and pooled.grad.abs().min() > 0


def test_fixed_classes_from_the_query_alone():
    torch.manual_seed(0)
    head = LinearClassHead(8, classes=3, use_pooled=False)
    embeddings = torch.randn(5, 8)
    assert torch.equal(head(embeddings, torch.zeros(5, 8)), head(embeddings, torch.ones(5, 8)))


def test_types_may_differ_under_autocast():
    with torch.autocast('cpu', torch.bfloat16):
        assert LinearClassHead(8, 3)(torch.randn(5, 8), torch.randn(5, 8).bfloat16()).shape == (5, 4)


def test_overlap_is_one_number_per_query():
    torch.manual_seed(0)
    head, embeddings = IoUHead(8), torch.randn(5, 8)
    hidden = embeddings
    for layer in (head[0], head[2]):
        hidden = (hidden @ layer.weight.T + layer.bias).clamp(min=0)
    torch.testing.assert_close(head(embeddings), (hidden @ head[4].weight.T + head[4].bias)[:, 0])
    assert head(embeddings[:0]).shape == (0,)
