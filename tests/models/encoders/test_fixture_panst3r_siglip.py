"""Family iv: SigLIP's text tower on given tokens."""

import pytest
import torch.nn.functional as F
from panst3r_archives import assert_equals, setting, tensor, weights

from uniseg3d.models.encoders.siglip_text import SiglipText, remap_keys

NAME = 'iv_siglip_text'


@pytest.fixture(scope='module')
def tower():
    given = weights(NAME)
    vocabulary, dim = given['text_model.embeddings.token_embedding.weight'].shape
    context = len(given['text_model.embeddings.position_embedding.weight'])
    depth = len([key for key in given if key.endswith('.layer_norm1.weight')])
    hidden = len(given['text_model.encoder.layers.0.mlp.fc1.bias'])
    made = SiglipText(dim, depth, int(setting(NAME, 'heads')), hidden, vocabulary, context)
    made.load_state_dict(remap_keys(given))
    return made


def test_every_token_and_the_sentence(tower):
    tokens = tensor(NAME, 'in.input_ids')
    assert_equals(tower.words(tokens).detach(), NAME, 'last_hidden_state')
    sentences = tower(tokens)
    assert_equals(sentences, NAME, 'pooled')
    assert_equals(F.normalize(sentences, dim=-1), NAME, 'unit')
