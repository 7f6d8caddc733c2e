"""What queries show and texts say: directions that are compared."""

import pytest
import torch
import torch.nn.functional as F

from uniseg3d.models.heads.naming import TEMPERATURE, NamingHead, name_logits


def test_a_query_shows_what_it_is_and_what_lies_in_its_mask():
    torch.manual_seed(0)
    head = NamingHead(8, text_dim=6, embed_dim=5)
    embeddings, pooled = (torch.randn(4, 8, requires_grad=True) for _ in range(2))
    shown = head.show(embeddings, pooled)
    assert shown.shape == (4, 5) and head.show(embeddings[:0], pooled[:0]).shape == (0, 5)
    shown.square().sum().backward()
    assert embeddings.grad.abs().min() > 0 and pooled.grad.abs().min() > 0


def test_a_text_says_the_same_whatever_else_is_said():
    torch.manual_seed(0)
    head, texts = NamingHead(8, text_dim=6, embed_dim=5), torch.randn(3, 6)
    torch.testing.assert_close(head.say(texts)[1:2], head.say(texts[1:2]))
    assert head.say(texts[:0]).shape == (0, 5)


def test_the_best_synonym_counts_and_lengths_do_not():
    generator = torch.Generator().manual_seed(0)
    shown, said = torch.randn(4, 5, generator=generator), torch.randn(3, 2, 5, generator=generator)
    expected = [[max(float(F.cosine_similarity(q, s, dim=0)) for s in name) / TEMPERATURE for name in said] for q in shown]
    logits = name_logits(shown, said)
    torch.testing.assert_close(logits, torch.tensor(expected), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(name_logits(7 * shown, 0.1 * said), logits, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(('queries', 'names'), [(0, 3), (2, 0), (0, 0)])
def test_no_query_and_no_name_are_normal(queries, names):
    assert name_logits(torch.zeros(queries, 5), torch.ones(names, 1, 5)).shape == (queries, names)


def test_half_precision_is_compared_in_full():
    shown, said = torch.randn(4, 5).bfloat16(), torch.randn(3, 1, 5).bfloat16()
    with torch.autocast('cpu', torch.bfloat16):
        logits = name_logits(shown, said)
    assert logits.dtype == torch.float32
    torch.testing.assert_close(logits, name_logits(shown.float(), said.float()))
