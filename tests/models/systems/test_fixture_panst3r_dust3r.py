"""DUSt3R and MASt3R against the originals' numbers."""

import pytest
import torch
from dust3r_models import archived_head, archived_model
from panst3r_archives import archive, assert_equals, setting, tensor, weights

from uniseg3d.models.heads import descriptor
from uniseg3d.registry import MODELS
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.utils.weights import apply_weights

pytestmark = pytest.mark.full_set
LINEAR, DPT, MATCHING = 'ii_dust3r_linear', 'ii_dust3r_dpt', 'ii_mast3r_head'
ANSWERS = {'points': ('pts3d_1', 'pts3d_2_in_view1'), 'confidence': ('conf_1', 'conf_2')}


def size(name):
    images = tensor(name, 'in.img1')
    assert tensor(name, 'in.true_shape').tolist() == [list(images.shape[2:])] * len(images)
    return tuple(images.shape[2:])


def encoded(model, name):
    return [model.extract_feat(tensor(name, f'in.img{i}')) for i in (1, 2)]


@pytest.mark.parametrize('name', [LINEAR, DPT])
@torch.no_grad()
def test_points_and_confidence(name):
    model = archived_model(name)
    for view, answers in enumerate(model.decode(encoded(model, name), [size(name)] * 2)):
        for field, keys in ANSWERS.items():
            assert_equals(getattr(answers, field), name, keys[view])


@pytest.mark.parametrize('name', [LINEAR, DPT])
@torch.no_grad()
def test_every_layer(name):
    model = archived_model(name)
    views = encoded(model, name)
    layers = model.decoder(*zip(*views, strict=True))
    stored = [int(key.split('.')[-1]) for key in archive(name) if key.startswith('out.dec1.')]
    assert max(stored) == len(layers[0]) - 1
    for view, image in enumerate(layers, 1):
        for index in stored:
            assert_equals(image[index], name, f'dec{view}.{index}')


@torch.no_grad()
def test_encoder_and_linear_head():
    model = archived_model(LINEAR)
    views = encoded(model, LINEAR)
    for (tokens, positions), index in zip(views, (1, 2), strict=True):
        assert_equals(tokens, LINEAR, f'enc.feat{index}')
        assert torch.equal(positions.expand(len(tokens), -1, -1), tensor(LINEAR, 'out.enc.pos'))
    layers = model.decoder(*zip(*views, strict=True))
    assert_equals(model.heads[0].proj(layers[0][-1]), LINEAR, 'head1.tokens')


@torch.no_grad()
def test_maps_before_the_activation():
    model = archived_model(DPT)
    layers = model.decoder(*zip(*encoded(model, DPT), strict=True))
    assert_equals(model.heads[0].dpt(layers[0], size(DPT)), DPT, 'dpt1_raw')


@pytest.mark.parametrize('name', [LINEAR, DPT])
@torch.no_grad()
def test_the_whole_model_on_a_batch(name):
    images = torch.stack([tensor(name, f'in.img{i}') for i in (1, 2)], 1)
    batch = ViewBatch([f'pair{i}' for i in range(len(images))], images, [['0', '1']] * len(images))
    answers = archived_model(name)(batch, 'predict')
    for view in range(2):
        assert_equals(answers.world[:, view], name, ANSWERS['points'][view])
        assert_equals(answers.confidence[:, view], name, ANSWERS['confidence'][view])


@torch.no_grad()
def test_matching_head():
    layers = {int(key.split('.')[2]): tensor(MATCHING, key) for key in archive(MATCHING) if key.startswith('in.tokens.')}
    published = weights(MATCHING, 'downstream_head1.')
    dims, features = (layers[0].shape[2], layers[max(layers)].shape[2]), int(setting(MATCHING, 'local_feat_dim'))
    ratio = published['head_local_features.fc1.weight'].shape[0] / sum(dims)
    pointmap = archived_head(MATCHING, dims)
    pointmap['dpt']['hooks'] = sorted(layers)
    head = MODELS.build(
        {'type': 'DescriptorHead', 'pointmap': pointmap, 'dims': dims, 'features': features, 'mlp_ratio': ratio}
    ).eval()
    apply_weights(head, descriptor.remap_keys(published))
    given = [layers.get(i, layers[0]) for i in range(max(layers) + 1)]  # those between are not looked at
    answers = head(given, tuple(tensor(MATCHING, 'cfg.img_shape').tolist()))
    fields = {'points': 'pts3d', 'confidence': 'conf', 'descriptors': 'desc', 'descriptor_confidence': 'desc_conf'}
    for field, key in fields.items():
        assert_equals(getattr(answers, field), MATCHING, key)
