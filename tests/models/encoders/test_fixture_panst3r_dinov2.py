"""Family iv: the DINOv2 branch."""

import pytest
import torch
from panst3r_archives import assert_equals, tensor, weights
from panst3r_models import dinov2_of

from uniseg3d.models.encoders.dinov2 import remap_keys

pytestmark = pytest.mark.full_set
NAMES = ['iv_panst3r_v1', 'iv_panst3r_v1_small', 'iv_panst3r_v2', 'iv_panst3r_v2_small']


@pytest.mark.parametrize('name', NAMES)
def test_tokens_of_upright_images(name):
    model = dinov2_of(name)
    model.load_state_dict(remap_keys(weights(name, 'dino_encoder.dinov2.')))
    tokens = model(tensor(name, 'in.images').flatten(0, 1))
    assert_equals(tokens[None], name, 'dino')
    assert not tokens.requires_grad and torch.equal(tokens, model.train()(tensor(name, 'in.images').flatten(0, 1)))
