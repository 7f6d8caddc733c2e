"""Pairs shown to a model: each image encoded once, whatever sizes and orders; weight files of their own word."""

import argparse
from pathlib import Path

import numpy as np
import pytest
import torch
from dust3r_models import tiny_model

from uniseg3d.apis.image_pairs import PairInferencer
from uniseg3d.apis.network_images import network_image, network_size
from uniseg3d.apis.reconstruction_models import load_reconstruction_model
from uniseg3d.geometry.pair_graph import image_pairs
from uniseg3d.models.systems import dust3r_checkpoint
from uniseg3d.models.systems.dust3r_arguments import model_config
from uniseg3d.registry import MODELS
from uniseg3d.utils.errors import CheckpointError, ConfigError, DataError

LIST = Path(__file__).parents[1] / 'models' / 'systems' / 'dust3r_state_dict.txt'
PUBLISHED = [line.split('\t')[0] for line in LIST.read_text().split('## 2.')[0].splitlines() if '\t' in line]
SIZES = [(32, 48), (48, 32), (32, 48), (32, 32)]


@pytest.fixture(scope='module')
def model():
    return tiny_model()


@pytest.fixture(scope='module')
def images():
    generator = torch.Generator().manual_seed(1)
    return [torch.randint(256, (*size, 3), generator=generator, dtype=torch.uint8) for size in SIZES]


@pytest.mark.parametrize('batch_size', [1, 3])
def test_pairs_are_as_if_alone(model, images, batch_size):
    pairs = image_pairs(4)
    maps = PairInferencer(model, batch_size=batch_size).maps(images, pairs)
    assert maps.pairs.tolist() == [list(pair) for pair in pairs] and maps.sizes == SIZES
    for row in (0, 5, 11):
        views = [model.extract_feat(network_image(images[i], '')[None]) for i in pairs[row]]
        for role, answer in enumerate(model.decode(views, [SIZES[i] for i in pairs[row]])):
            torch.testing.assert_close(maps.pointmap(row, role), answer.points[0], atol=1e-5, rtol=1e-4)


def test_each_image_is_encoded_once(model, images):
    seen = []
    hook = model.encoder.register_forward_hook(lambda *call: seen.append(len(call[1][0])))
    PairInferencer(model).maps(images, image_pairs(4))
    hook.remove()
    assert sum(seen) == 4 and len(seen) == 3, 'one call per size'


def test_maps_may_be_learned_from(model, images):
    maps = PairInferencer(model).maps(images[:2], [(0, 1), (1, 0)])
    scale = torch.ones((), requires_grad=True)
    (scale * maps.points).sum().backward()
    assert not maps.points.requires_grad and scale.grad is not None


@pytest.mark.parametrize('precision', ['bfloat16', 'float16'])
def test_half_precision(model, images, precision):
    pairs = [(0, 2), (2, 0)]
    exact = PairInferencer(model).maps([images[0], images[1], images[2]], [*pairs, (1, 0)])
    rough = PairInferencer(model, precision).maps([images[0], images[1], images[2]], [*pairs, (1, 0)])
    assert rough.points.dtype == torch.float32
    assert 0 < (rough.points - exact.points).abs().median() < 0.05 * exact.points.abs().median()


def test_both_kinds_of_images():
    image = np.random.default_rng(0).integers(256, size=(16, 32, 3), dtype=np.uint8)
    scaled = network_image(image, 'photo')
    assert scaled.shape == (3, 16, 32) and network_size(image) == network_size(scaled) == (16, 32)
    np.testing.assert_allclose(scaled.permute(1, 2, 0), image / 127.5 - 1, atol=1e-6)
    assert torch.equal(network_image(scaled, 'photo'), scaled)
    assert network_image(image[::-1, ::-1], 'photo').shape == (3, 16, 32)


@pytest.mark.parametrize(
    ('image', 'sentence'),
    [
        (np.zeros((16, 16), np.uint8), r'photo is uint8 \[16, 16\]; expected uint8 \[H, W, 3\]'),
        (np.zeros((16, 16, 4), np.uint8), r'\[16, 16, 4\]'),
        (np.zeros((16, 16, 3), np.uint16), 'uint16'),
        (np.zeros((0, 16, 3), np.uint8), r'\[0, 16, 3\]'),
        (torch.zeros(16, 16, 3), r'float32 \[16, 16, 3\]'),
        (torch.full((3, 16, 16), float('nan')), 'photo has values that are not finite'),
    ],
)
def test_other_images_are_named(image, sentence):
    with pytest.raises(DataError, match=sentence):
        network_image(image, 'photo')


def test_which_image_is_wrong_is_said(model, images):
    with pytest.raises(DataError, match='image 1 is'):
        PairInferencer(model).maps([images[0], images[1][..., :2]], [(0, 1)])
    with pytest.raises(DataError, match='multiples of 16'):
        PairInferencer(model).maps([images[0], images[1][:30]], [(0, 1)])
    with pytest.raises(DataError, match=r'images \[1\] occur in no pair'):
        PairInferencer(model).maps(images[:3], [(0, 2)])


@pytest.mark.parametrize('wrong', [{'precision': 'int8'}, {'batch_size': 0}])
def test_settings_are_checked(model, wrong):
    with pytest.raises(ConfigError, match='precision'):
        PairInferencer(model, **wrong)


def test_a_file_says_what_model_it_was_made_for(tmp_path, images):
    said = 'AsymmetricCroCo3DStereo(enc_embed_dim=16, enc_depth=1, enc_num_heads=2, dec_embed_dim=24, dec_depth=2, '
    said += "dec_num_heads=2, head_type='linear', img_size=(512, 512), mlp_ratio=1)"
    model = MODELS.build(model_config({'model': said}, 'test')).eval()
    own = model.state_dict()
    names = dust3r_checkpoint.remap_keys({name: name for name in PUBLISHED})
    published = {names[name]: value for name, value in own.items()}
    torch.save({'args': argparse.Namespace(model=said), 'model': published}, tmp_path / 'dust3r.pth')
    loaded = load_reconstruction_model(tmp_path / 'dust3r.pth')
    assert not loaded.training and all(torch.equal(value, own[name]) for name, value in loaded.state_dict().items())
    first, second = (PairInferencer(m).maps(images[:2], [(0, 1)]).points for m in (model, loaded))
    assert torch.equal(first, second)
    torch.save({'model': published}, tmp_path / 'bare.pth')
    with pytest.raises(CheckpointError, match='name a config'):
        load_reconstruction_model(tmp_path / 'bare.pth')
