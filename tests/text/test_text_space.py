"""Sentences and classes in one space."""

import torch

from uniseg3d.models.encoders.hashed_words import HashedWords
from uniseg3d.text.text_space import TextSpace
from uniseg3d.text.tokenizer import tokenize


class Counting(HashedWords):
    """Counts what it is asked for."""

    asked = 0

    def embed(self, tokens):
        self.asked += len(tokens)
        return super().embed(tokens)


def test_sentences_are_encoded_once():
    encoder = Counting(16)
    space = TextSpace(encoder)
    first = space.sentences(['a chair', 'a table', 'a chair'])
    assert first.shape == (3, 16) and torch.equal(first[0], first[2]) and encoder.asked == 2
    assert torch.equal(space.sentences(['a table'])[0], first[1]) and encoder.asked == 2


def test_classes_with_synonyms_and_other_words():
    space = TextSpace(HashedWords(16), said={'otherfurniture': 'other'})
    classes = space.classes(['chair', 'sofa, couch', 'otherfurniture'])
    assert classes.shape == (3, 2, 16)
    torch.testing.assert_close(classes.norm(dim=2), torch.ones(3, 2))
    torch.testing.assert_close(classes[2, 0], space.sentences(['other'])[0])
    torch.testing.assert_close(classes[1, 1], space.sentences(['a couch in a scene'])[0])


def test_what_is_bare_has_no_template():
    loud = HashedWords(16)
    loud.silent = loud.silent[:1]  # only padding is silent: templates are heard
    space = TextSpace(loud, bare=('other',))
    other, chair = space.classes(['other', 'chair'])[:, 0]
    torch.testing.assert_close(other, space.sentences(['other'])[0])
    assert not torch.allclose(chair, space.sentences(['chair'])[0])


def test_words_may_be_built_on_the_meta_device():
    """As the weights of a file are loaded: built without numbers, then filled."""
    words = HashedWords(8)
    with torch.device('meta'):
        empty = HashedWords(8)
    filled = empty.to_empty(device='cpu')
    filled.load_state_dict(words.state_dict())
    tokens = torch.from_numpy(tokenize(['a chair', 'the']))
    assert torch.equal(filled(tokens), words(tokens)) and words(tokens)[1].norm() == 0
