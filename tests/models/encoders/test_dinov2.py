"""DINOv2 without a download: any image shape, its files, and what is refused."""

import pytest
import torch
from safetensors.torch import save_file

from uniseg3d.models.encoders.dinov2 import DINOv2, remap_keys
from uniseg3d.utils.errors import CheckpointError, DataError

SIZES = {'dim': 12, 'depth': 1, 'heads': 2, 'mlp_ratio': 2.0, 'patch': 4, 'grid': 3, 'shown_patch': 8}


def small(**options) -> DINOv2:
    torch.manual_seed(0)
    model = DINOv2(**SIZES | options)
    model.places.normal_()
    return model


def published(dim: int = 12) -> dict[str, torch.Tensor]:
    """Random weights under Hugging Face's names."""
    layer = 'encoder.layer.0.'
    shapes = {
        'embeddings.cls_token': (1, 1, dim),
        'embeddings.mask_token': (1, dim),
        'embeddings.position_embeddings': (1, 10, dim),
        'embeddings.patch_embeddings.projection.weight': (dim, 3, 4, 4),
        'embeddings.patch_embeddings.projection.bias': (dim,),
        f'{layer}attention.output.dense.weight': (dim, dim),
        f'{layer}attention.output.dense.bias': (dim,),
        f'{layer}mlp.fc1.weight': (2 * dim, dim),
        f'{layer}mlp.fc1.bias': (2 * dim,),
        f'{layer}mlp.fc2.weight': (dim, 2 * dim),
        f'{layer}mlp.fc2.bias': (dim,),
        f'{layer}layer_scale1.lambda1': (dim,),
        f'{layer}layer_scale2.lambda1': (dim,),
    }
    for part in ('query', 'key', 'value'):
        shapes |= {
            f'{layer}attention.attention.{part}.{kind}': (dim, dim)[: 1 + (kind == 'weight')] for kind in ('weight', 'bias')
        }
    for norm in (f'{layer}norm1', f'{layer}norm2', 'layernorm'):
        shapes |= {f'{norm}.weight': (dim,), f'{norm}.bias': (dim,)}
    generator = torch.Generator().manual_seed(1)
    return {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}


def test_one_token_per_shown_patch_whatever_the_shape():
    model = small()
    for height, width in ((16, 24), (24, 16), (8, 8)):
        tokens = model(torch.rand(2, 3, height, width) * 2 - 1)
        assert tokens.shape == (2, height * width // 64, 12) and tokens.isfinite().all()


def test_a_turned_image_has_the_tokens_of_its_own_grid():
    """A portrait image is looked at upright: rows of places follow its rows."""
    places = small().places_for(3, 2)[0, 1:].reshape(3, 2, 12)
    assert small().places_for(3, 3) is not None and not torch.allclose(places[0, 1], places[1, 0])


def test_the_own_grid_takes_the_table_as_it_is():
    model = small()
    assert model.places_for(3, 3) is model.places


def test_scales_of_branches_go_into_the_layers_before_them():
    given = published()
    found = remap_keys(given)
    scale = given['encoder.layer.0.layer_scale2.lambda1']
    hidden = torch.randn(5, 24)
    weight, bias = given['encoder.layer.0.mlp.fc2.weight'], given['encoder.layer.0.mlp.fc2.bias']
    ours = hidden @ found['blocks.0.mlp.fc2.weight'].T + found['blocks.0.mlp.fc2.bias']
    torch.testing.assert_close(ours, scale * (hidden @ weight.T + bias))
    assert not [name for name in found if 'mask_token' in name or 'lambda' in name]


def test_a_local_file_fills_it_before_training(tmp_path):
    save_file(published(), tmp_path / 'model.safetensors')
    model = small(weights=tmp_path / 'model.safetensors')
    model.init_weights()
    assert torch.equal(model.norm.weight, published()['layernorm.weight'])
    assert not any(parameter.requires_grad for parameter in model.parameters())


def test_a_file_of_another_size_is_refused(tmp_path):
    save_file(published(), tmp_path / 'model.safetensors')
    with pytest.raises(CheckpointError, match=r'model\.safetensors holds no DINOv2 of this size'):
        small(depth=2, weights=tmp_path / 'model.safetensors').init_weights()


def test_an_image_that_is_no_multiple_of_a_patch_is_refused():
    with pytest.raises(DataError, match=r'20 x 16 pixels .* multiples of 8'):
        small()(torch.zeros(1, 3, 20, 16))
