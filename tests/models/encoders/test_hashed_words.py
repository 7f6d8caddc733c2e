"""Directions of words that nobody trained."""

import torch

from uniseg3d.models.encoders.hashed_words import HashedWords
from uniseg3d.text.tokenizer import tokenize


def embed(*texts, **options):
    return HashedWords(**options).embed(torch.from_numpy(tokenize(list(texts))))


def test_sentences_of_the_same_words_are_one():
    a, b, c = embed('a red chair in a scene', 'the chair is red', 'a table')
    torch.testing.assert_close(a, b)
    assert abs(a @ c) < 0.5 and 0.4 < a @ embed('chair')[0] < 0.95


def test_every_seed_is_another_space():
    assert torch.equal(embed('chair'), embed('chair')) and not torch.allclose(embed('chair'), embed('chair', seed=1))


def test_silence_is_zero_and_nothing_learns():
    assert embed('a in the', dim=8).abs().sum() == 0 and embed(dim=8).shape == (0, 8)
    assert not [p for p in HashedWords().parameters() if p.requires_grad]
