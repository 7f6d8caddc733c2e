"""The trainable text encoder: empty input, padding, order, words it never saw, and that it learns."""

import pytest
import torch
import torch.nn.functional as F

from uniseg3d.models.encoders.scratch_text import HASHES, HashedEmbedding, ScratchText
from uniseg3d.text.tokenizer import tokenize
from uniseg3d.utils.errors import ConfigError, DataError

SENTENCES = ['the chair left of the table', 'the table left of the chair', '', 'a red sofa near the big brown door of the room']


def rows(sentences=SENTENCES):
    return torch.from_numpy(tokenize(sentences))


def encoder(**options):
    torch.manual_seed(0)
    return ScratchText(**options).eval()


def test_no_sentences_are_no_features():
    text = encoder(dim=24)
    assert text(rows([])).shape == (0, 24)
    assert text(rows([])[:, :0]).shape == (0, 24)
    features, blank = text.words(rows([]))
    assert len(features) == len(blank) == 0


def test_empty_sentences_and_rows_of_padding_have_finite_features():
    tokens = torch.cat([rows(['']), torch.zeros(2, 77, dtype=torch.long)])
    text = encoder()
    features = text(tokens)
    assert features.isfinite().all()
    features.sum().backward()
    assert all(p.grad.isfinite().all() for p in text.parameters())


def test_a_sentence_does_not_depend_on_its_company_or_on_padding():
    text, tokens = encoder(), rows()
    together = text(tokens)
    for row, expected in zip(tokens, together, strict=True):
        torch.testing.assert_close(text(row[None])[0], expected)
        torch.testing.assert_close(text(row[None, :20])[0], expected)


def test_the_order_of_words_counts():
    left, right = encoder()(rows()[:2])
    assert (left - right).norm() > 1e-3


def test_words_come_with_where_there_is_none():
    features, blank = encoder(dim=8).words(rows())
    assert features.shape == (*blank.shape, 8)
    assert (~blank).sum(1).tolist() == [(row != 0).sum() for row in rows()]


def test_long_text_is_what_the_tokenizer_makes_of_it():
    text = encoder()
    assert text(rows(['chair ' * 2000])).isfinite().all()
    with pytest.raises(DataError, match='12 tokens; this encoder was made for 10'):
        encoder(context=10)(rows(['one two three four five six seven eight nine ten']))


def test_every_word_has_its_own_vector_in_a_small_table():
    embedding = HashedEmbedding(4096, 16)
    vectors = embedding(torch.arange(49408))
    assert embedding.table.weight.shape == (4096, 16)
    pairs = ((torch.arange(49408)[:, None] * torch.tensor(HASHES)) >> 16) % 4096
    distinct = len(pairs.sort(1).values.unique(dim=0))
    assert distinct > 0.99 * len(pairs)
    assert 0.8 < vectors.std() < 1.2


def test_it_learns_which_noun_is_meant():
    """Both nouns are in every sentence; only their order tells."""
    torch.manual_seed(0)
    text = ScratchText(dim=2, width=32, heads=2, layers=1, dropout=0.0)
    places = ('left of', 'near', 'behind', 'under', 'on', 'beside')
    sentences = [f'the {a} {p} the {b}' for p in places for a, b in (('chair', 'table'), ('table', 'chair'))]
    tokens, labels = rows(sentences), torch.tensor([0, 1] * len(places))
    optimizer = torch.optim.AdamW(text.parameters(), 5e-3)
    for _ in range(60):
        optimizer.zero_grad()
        F.cross_entropy(text(tokens[:-2]), labels[:-2]).backward()
        optimizer.step()
    assert torch.equal(text.eval()(tokens).argmax(1), labels), 'also for the place that training left out'


def test_no_layer_cannot_know_the_order():
    with pytest.raises(ConfigError, match='layers is 0'):
        ScratchText(layers=0)
