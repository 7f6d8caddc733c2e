"""What queries show and texts say: directions that are compared."""

import pytest
import torch
import torch.nn.functional as F

from uniseg3d.models.heads.naming import TEMPERATURE, NamingHead, name_logits


def make_head():
    torch.manual_seed(0)
    return NamingHead(8, text_dim=6, classes=3, embed_dim=5)


def test_a_query_shows_what_it_is_what_lies_in_its_mask_and_which_class_it_seems():
    head = make_head()
    embeddings, pooled = (torch.randn(4, 8, requires_grad=True) for _ in range(2))
    classes = torch.randn(4, 4, requires_grad=True)
    shown = head.show(embeddings, pooled, classes)
    torch.testing.assert_close(shown[:, :5].square().sum(1), torch.ones(4))
    torch.testing.assert_close(shown[:, 5:].square(), classes[:, :-1].softmax(1))
    (shown * torch.arange(8)).sum().backward()
    assert embeddings.grad.abs().min() > 0 and pooled.grad.abs().min() > 0
    assert classes.grad is None, 'names do not change what the classes learn'
    assert head.show(embeddings[:0], pooled[:0], classes[:0]).shape == (0, 8)


def test_a_text_says_the_same_whatever_else_is_said():
    head, texts = make_head(), torch.randn(3, 6)
    torch.testing.assert_close(head.say(texts)[1:2], head.say(texts[1:2]))
    assert head.say(texts[:0]).shape == (0, 8)


def test_a_text_learns_the_class_that_it_speaks_of_from_what_it_belongs_to():
    """Objects of class 2 among others, with one sentence; no loss names the class."""
    head, text = make_head(), torch.randn(2, 6)
    optimizer = torch.optim.Adam(head.parameters(), 0.02)
    classes = 9 * F.one_hot(torch.tensor([2, 0]), 4).float()
    for _ in range(60):
        optimizer.zero_grad()
        shown = head.show(torch.zeros(2, 8), torch.zeros(2, 8), classes)
        F.cross_entropy(name_logits(shown, head.say(text)[:, None]), torch.tensor([0, 1])).backward()
        optimizer.step()
    assert head.kind(text).argmax(1).tolist() == [2, 0]


@pytest.mark.parametrize('scale', [0.0, 1e4])
def test_certain_and_empty_inputs_have_gradients(scale):
    head, texts = make_head(), torch.full((2, 6), scale, requires_grad=True)
    shown = head.show(torch.zeros(2, 8), torch.zeros(2, 8), scale * torch.eye(4)[:2])
    name_logits(shown, head.say(texts)[:, None]).sum().backward()
    assert shown.isfinite().all() and texts.grad.isfinite().all()


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
