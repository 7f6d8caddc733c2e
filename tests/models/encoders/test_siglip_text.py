"""SigLIP's tower: files, tokens that it cannot know, and that it stays as it is."""

import pytest
import torch
from panst3r_archives import weights
from safetensors.torch import save_file

from uniseg3d.models.encoders.siglip_text import SiglipText
from uniseg3d.utils.errors import CheckpointError, DataError

SIZES = {'dim': 24, 'depth': 2, 'heads': 2, 'hidden': 48, 'vocabulary': 40, 'context': 12}


def test_the_file_of_a_whole_siglip_fills_it(tmp_path):
    file = weights('iv_siglip_text') | {'vision_model.head.probe': torch.zeros(1), 'logit_scale': torch.zeros(1)}
    save_file(file, tmp_path / 'model.safetensors')
    tower = SiglipText(**SIZES, weights=tmp_path / 'model.safetensors')
    tower.init_weights()
    assert torch.equal(tower.head.weight, file['text_model.head.weight'])


def test_without_weights_it_says_where_to_get_them():
    with pytest.raises(CheckpointError, match=r'download\.py siglip siglip-tokens, or give class_text a fixed'):
        SiglipText(**SIZES).init_weights()


def test_a_file_of_another_size_is_refused(tmp_path):
    save_file(weights('iv_siglip_text'), tmp_path / 'model.safetensors')
    with pytest.raises(CheckpointError, match='no text tower of this size'):
        SiglipText(**SIZES | {'depth': 1}, weights=tmp_path / 'model.safetensors').init_weights()


def test_tokens_of_another_tokenizer_are_refused():
    tower = SiglipText(**SIZES)
    with pytest.raises(DataError, match='knows 0 to 39'):
        tower(torch.full((1, 12), 40))
    with pytest.raises(DataError, match='reads rows of 12'):
        tower(torch.zeros(1, 77, dtype=torch.int64))


def test_it_never_trains_and_no_sentence_is_a_sentence():
    tower = SiglipText(**SIZES).train()
    assert not tower.training and not any(parameter.requires_grad for parameter in tower.parameters())
    assert tower(torch.zeros(0, 12, dtype=torch.int64)).shape == (0, 24)
