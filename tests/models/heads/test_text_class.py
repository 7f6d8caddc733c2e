"""Logits from cosines with texts."""

import pytest
import torch
import torch.nn.functional as F

from uniseg3d.models.heads.text_class import TextClassHead


def head(**options) -> TextClassHead:
    torch.manual_seed(0)
    return TextClassHead(6, 5, **options)


def test_logits_are_scaled_cosines_whatever_the_length_of_what_is_said():
    made, queries = head(scale=2.0), torch.randn(4, 6)
    made.project.bias.data.zero_()
    texts = F.normalize(torch.randn(3, 5), dim=1)
    expected = torch.tensor(2.0).exp() * F.cosine_similarity(made.project(queries)[:, None], texts, dim=2)
    torch.testing.assert_close(made(queries, texts), expected, atol=1e-5, rtol=0)
    torch.testing.assert_close(made(100 * queries, texts), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize(('queries', 'classes'), [(0, 3), (4, 0), (4, 1)])
def test_any_number_of_queries_and_classes(queries, classes):
    assert head()(torch.randn(queries, 6), torch.randn(classes, 5)).shape == (queries, classes)


def test_a_query_that_says_nothing_is_finite():
    made = head()
    made.project.weight.data.zero_()
    logits = made(torch.randn(2, 6), torch.randn(3, 5))
    logits.sum().backward()
    assert (logits == 0).all() and made.project.weight.grad.isfinite().all()


def test_a_bias_moves_all_logits():
    texts, queries = torch.randn(3, 5), torch.randn(4, 6)
    torch.testing.assert_close(head(bias=-3.0)(queries, texts), head()(queries, texts) - 3)
    assert 'bias' not in dict(head().named_parameters()) and 'bias' in dict(head(bias=0.0).named_parameters())


def test_logits_are_exact_under_autocast():
    with torch.autocast('cpu', torch.bfloat16):
        assert head()(torch.randn(4, 6), torch.randn(3, 5)).dtype == torch.float32
