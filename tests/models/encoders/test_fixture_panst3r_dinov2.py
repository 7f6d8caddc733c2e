"""Family iv: the DINOv2 branch."""

import pytest
import torch
from panst3r_archives import assert_equals, setting, tensor, weights

from uniseg3d.models.encoders.dinov2 import DINOv2, remap_keys

pytestmark = pytest.mark.full_set
NAMES = ['iv_panst3r_v1', 'iv_panst3r_v1_small', 'iv_panst3r_v2', 'iv_panst3r_v2_small']


@pytest.mark.parametrize('name', NAMES)
def test_tokens_of_upright_images(name):
    given = weights(name, 'dino_encoder.dinov2.')
    _, places, dim = given['embeddings.position_embeddings'].shape
    depth = len([key for key in given if key.endswith('.layer_scale1.lambda1')])
    ratio = given['encoder.layer.0.mlp.fc1.weight'].shape[0] / dim
    model = DINOv2(dim, depth, int(setting(name, 'dino_heads')), ratio, grid=round((places - 1) ** 0.5))
    model.load_state_dict(remap_keys(given))
    tokens = model(tensor(name, 'in.images').flatten(0, 1))
    assert_equals(tokens[None], name, 'dino')
    assert not tokens.requires_grad and torch.equal(tokens, model.train()(tensor(name, 'in.images').flatten(0, 1)))
