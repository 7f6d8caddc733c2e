"""Class names as vectors: their meaning and their cache."""

import torch
import torch.nn.functional as F
from torch import nn

from uniseg3d.text.class_embeddings import cached_class_embeddings, embed_classes, encoder_key
from uniseg3d.text.tokenizer import tokenize

NAMES = ['wall', 'rock, stone, boulder', 'office_chair']
TEMPLATES = ('a {}.', 'the {} here')


class BagOfWords:
    """Encodes a row as a count of its tokens, hashed; remembers how many rows it was given."""

    def __init__(self, width=64, scale=3.0):
        self.width, self.scale, self.rows = width, scale, 0

    def __call__(self, tokens):
        self.rows += len(tokens)
        return self.scale * F.one_hot(tokens % self.width, self.width)[:, 1:20].sum(1).float()


def direction(sentences):
    features = F.normalize(BagOfWords()(torch.from_numpy(tokenize(sentences))), dim=1)
    return F.normalize(features.mean(0), dim=0)


def test_a_prototype_is_the_mean_direction_of_its_sentences():
    made = embed_classes(NAMES, TEMPLATES, BagOfWords())
    assert made.shape == (3, 3, 64)
    torch.testing.assert_close(made[0, 0], direction(['a wall.', 'the wall here']))
    torch.testing.assert_close(made[1, 2], direction(['a boulder.', 'the boulder here']))
    torch.testing.assert_close(made[2, 0], direction(['a office chair.', 'the office chair here']))
    torch.testing.assert_close(made.norm(dim=2), torch.ones(3, 3))


def test_missing_synonyms_repeat_the_first():
    made = embed_classes(NAMES, TEMPLATES, BagOfWords())
    assert torch.equal(made[0, 1], made[0, 0]) and torch.equal(made[0, 2], made[0, 0])
    assert not torch.equal(made[1, 1], made[1, 0])


def test_results_are_found_again_by_content(tmp_path):
    encode = BagOfWords()
    first = cached_class_embeddings(tmp_path, NAMES, TEMPLATES, encode, 'one')
    rows = encode.rows
    assert torch.equal(cached_class_embeddings(tmp_path, NAMES, TEMPLATES, encode, 'one'), first)
    assert encode.rows == rows, 'nothing was encoded again'
    for other in ((NAMES[:2], TEMPLATES, 'one'), (NAMES, TEMPLATES[:1], 'one'), (NAMES, TEMPLATES, 'two')):
        encode.rows = 0
        cached_class_embeddings(tmp_path, *other[:2], encode, other[2])
        assert encode.rows > 0
    assert len(list(tmp_path.iterdir())) == 4


def test_a_damaged_entry_is_made_again(tmp_path):
    first = cached_class_embeddings(tmp_path, NAMES, TEMPLATES, BagOfWords(), 'one')
    (entry,) = tmp_path.iterdir()
    entry.write_bytes(entry.read_bytes()[:-9])
    assert torch.equal(cached_class_embeddings(tmp_path, NAMES, TEMPLATES, BagOfWords(), 'one'), first)


def test_the_key_of_an_encoder_follows_its_weights():
    torch.manual_seed(0)
    layer = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))  # with a counter that has no axes
    key = encoder_key(layer)
    assert encoder_key(layer) == key
    layer[0].bias.data[1] += 1e-6
    assert encoder_key(layer) != key
    assert encoder_key(layer.half()) != key
