"""Released weights: every listed name, all differences; and the weights of other networks that training starts from."""

from functools import cache
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from siu3r_archives import listed
from siu3r_models import DIMS, config, small_model

from uniseg3d.apis.checkpoints import convert_checkpoint
from uniseg3d.models.systems.siu3r_checkpoint import adapt_published, key_fates, load_geometry, load_masks
from uniseg3d.registry import MODELS
from uniseg3d.utils.errors import CheckpointError
from uniseg3d.utils.key_fates import LOADED, UNNEEDED
from uniseg3d.utils.weights import apply_weights, load_weights

BASE = Path(__file__).parents[3] / 'configs' / '_base_' / 'models' / 'siu3r.py'
ALIAS, IDLE, CONSTANT = '.layer_rn.', 'refinenet4.resConfUnit1', 'mask2former.criterion.empty_weight'
HEADS = ('downstream_head1', 'downstream_head2', 'gaussian_param_head1', 'gaussian_param_head2')


def on_meta(shapes):
    return {name: torch.empty(shape, device='meta') for name, shape in shapes.items()}


@pytest.fixture(scope='module')
def full_state():
    MODELS.import_from_location()  # before anything is made without memory
    with torch.device('meta'):
        return MODELS.build(Config.fromfile(BASE).model)


@pytest.mark.parametrize('prefix', ['', 'model.'])
def test_the_whole_list_fits(full_state, prefix):
    state = full_state.state_dict()
    assert len(listed()) == 1660
    named = {prefix + name: value for name, value in on_meta(listed()).items()} | on_meta(
        {'lpips.net.lin0.weight': (1, 64, 1, 1)}
    )
    adapted = adapt_published(named)
    assert {name: value.shape for name, value in adapted.items()} == {name: value.shape for name, value in state.items()}
    fates = key_fates(named, state)
    assert {fate.fate for fate in fates} == {LOADED, UNNEEDED} and {fate.name for fate in fates} == named.keys()
    left = [fate.name.removeprefix(prefix) for fate in fates if fate.fate == UNNEEDED]
    assert sum(ALIAS in name for name in left) == 16 and sum(IDLE in name for name in left) == 16 and len(left) == 34


def test_the_numbers_of_the_release(full_state):
    """All parameters that the original counts but the sixteen that it never uses, and those that its optimiser had."""
    idle = sum(torch.Size(shape).numel() for name, shape in listed().items() if IDLE in name)
    counts = [p.numel() for p in full_state.parameters()]
    assert sum(counts) == 655_509_825 - idle
    assert sum(p.numel() for p in full_state.parameters() if p.requires_grad) == 347_690_305


@cache
def sources():
    """The published names behind each of ours: three where projections are joined."""
    found = {}
    for fate in key_fates(on_meta(listed()), {}):
        found.setdefault(fate.own, []).append(fate.name)
    return found


def published(model):
    """What a file of the original with the small model's weights would hold: aliases and constants, too."""
    found = {}
    for own, value in model.state_dict().items():
        names = sources()[own]
        parts = value.chunk(len(names)) if len(names) > 1 else [value]
        found |= {name: part.clone() for name, part in zip(names, parts, strict=True)}
    aliases = {f'{head}.dpt.scratch.layer_rn.{i}.weight': found[f'{head}.dpt.scratch.layer{i + 1}_rn.weight']
               for head in HEADS for i in range(4)}  # fmt: skip
    return {**found, **aliases, CONSTANT: torch.ones(21)}


def equal_states(first, second, names=None):
    one, other = first.state_dict(), second.state_dict()
    return all(torch.equal(one[name], other[name]) for name in (names or one))


def test_a_file_of_the_original_fills_the_model(tmp_path):
    model, other = small_model(), small_model(seed=1)
    torch.save({'state_dict': {f'model.{name}': value for name, value in published(model).items()}}, tmp_path / 'p.ckpt')
    assert not apply_weights(other, load_weights(tmp_path / 'p.ckpt').state_dict)
    assert equal_states(model, other)
    assert not apply_weights(other, model.state_dict())  # our own names pass as they are


def test_a_file_may_be_converted(tmp_path):
    model = small_model()
    torch.save({'state_dict': published(model)}, tmp_path / 'p.ckpt')
    (tmp_path / 'small.py').write_text(f'model = { ({"type": "SIU3R"} | config())!r}')
    done = convert_checkpoint(tmp_path / 'p.ckpt', tmp_path / 'ours.safetensors', 'siu3r', tmp_path / 'small.py')
    assert done.written == len(model.state_dict()) and {fate.name for fate in done.fates} == published(model).keys()
    other = small_model(seed=1)
    other.load_state_dict(load_weights(tmp_path / 'ours.safetensors').state_dict)
    assert equal_states(model, other)


@pytest.mark.parametrize(
    ('change', 'sentence'),
    [
        ({'adapter.level_embed': None}, r'1 missing in the file: image_adapter\.level_embed'),
        ({'backbone.enc_norm.gamma': torch.ones(2)}, r'unknown to the model: encoder\.norm\.gamma'),
        ({'mask2former.stranger': torch.ones(2)}, r'unknown to the model: mask2former\.stranger'),
        ({'mask2former.class_predictor.bias': torch.ones(4)}, r'of another shape: mask_decoder\.classifier\.bias'),
        (
            {'mask2former.model.transformer_module.decoder.layers.0.self_attn.k_proj.bias': None},
            r'missing in the file: mask_decoder\.transformer\.blocks\.0\.self_attention\.attention\.in_proj_bias',
        ),
    ],
)
def test_every_difference_is_an_error(change, sentence):
    model = small_model()
    weights = {name: value for name, value in {**published(model), **change}.items() if value is not None}
    with pytest.raises(CheckpointError, match=sentence):
        apply_weights(model, weights)


def dust3r(head):
    encoder, decoder = {**config()['encoder'], 'type': 'ViTEncoder'}, config()['decoder']
    torch.manual_seed(5)
    return MODELS.build({'type': 'DUSt3R', 'encoder': encoder, 'decoder': decoder, 'heads': [head, dict(head)]})


def dense_head():
    trunk = {**config()['centre_heads'][0]['dpt'], 'out_channels': 4}
    return {'type': 'DPTPointmapHead', 'dpt': trunk}


def check_geometry(model, source):
    own, theirs = model.state_dict(), source.state_dict()
    for name in ('encoder.blocks.1.attn.qkv.weight', 'encoder.patch_embed.proj.bias', 'decoder.other_blocks.1.norm_y.bias'):
        assert torch.equal(own[name], theirs[name]), name


def test_training_starts_from_a_dust3r_that_was_trained_here(tmp_path):
    source = dust3r(dense_head())
    torch.save({'state_dict': source.state_dict()}, tmp_path / 'd.pth')
    model, before = small_model(geometry_weights=tmp_path / 'd.pth'), small_model()
    model.init_weights()
    check_geometry(model, source)
    for i, head in enumerate(source.heads):
        found = model.centre_heads[i].dpt.head[4]
        assert torch.equal(found.weight, head.dpt.head[4].weight[:3]) and torch.equal(found.bias, head.dpt.head[4].bias[:3])
    untouched = [
        n for n in model.state_dict() if n.startswith(('gaussian_heads', 'image_adapter', 'mask_decoder', 'encoder.camera'))
    ]
    assert equal_states(model, before, untouched)


def test_heads_of_another_kind_start_anew(tmp_path):
    source = dust3r({'type': 'LinearPointmapHead', 'dim': DIMS[1]})
    torch.save({'state_dict': source.state_dict()}, tmp_path / 'd.pth')
    model, before = small_model(), small_model()
    load_geometry(model, tmp_path / 'd.pth')
    check_geometry(model, source)
    assert equal_states(model, before, [n for n in model.state_dict() if n.startswith('centre_heads')])


def geometry_file(tmp_path, matching=False, change=None):
    """DUSt3R's or MASt3R's file with the small model's weights; heads have the confidence as a fourth channel."""
    found = published(small_model(seed=3))
    weights = {name.removeprefix('backbone.'): v for name, v in found.items() if name.startswith(('backbone.', 'downstream'))}
    weights = {name: value for name, value in weights.items() if not name.startswith('intrinsic_encoder')}
    for name in weights:
        if '.head.4.' in name:
            weights[name] = torch.cat([weights[name], torch.ones_like(weights[name][:1])])
    if matching:
        weights |= {f'downstream_head{i}.head_local_features.fc1.bias': torch.ones(3) for i in (1, 2)}
    weights |= {'mask_token': torch.ones(1), **(change or {})}
    torch.save({'model': {name: value for name, value in weights.items() if value is not None}}, tmp_path / 'g.pth')
    return tmp_path / 'g.pth'


@pytest.mark.parametrize('matching', [False, True])
def test_training_starts_from_released_geometry(tmp_path, matching):
    model, source = small_model(), small_model(seed=3)
    assert 'stay as they start' in load_geometry(model, geometry_file(tmp_path, matching))
    taken = [n for n in model.state_dict() if n.startswith(('encoder.blocks', 'encoder.norm', 'decoder.', 'centre_heads.'))]
    assert equal_states(model, source, taken)
    assert torch.equal(model.encoder.camera.weight, small_model().encoder.camera.weight)


@pytest.mark.parametrize(
    ('change', 'sentence'),
    [
        ({'enc_norm.bias': None}, r'1 missing in the file: encoder\.norm\.bias'),
        ({'stranger': torch.ones(2)}, r'1 unknown to the model: stranger'),
        ({'enc_norm.bias': torch.ones(2)}, r'1 of another shape: encoder\.norm\.bias'),
    ],
)
def test_another_network_is_no_geometry(tmp_path, change, sentence):
    with pytest.raises(CheckpointError, match=f'holds no DUSt3R or MASt3R.*{sentence}'):
        load_geometry(small_model(), geometry_file(tmp_path, change=change))


def mask_file(tmp_path, change=None):
    """A pre-training of adapter and decoder on other classes, with three queries."""
    found = published(small_model(seed=4))
    weights = {
        f'model.{name}': value for name, value in found.items() if name.startswith(('adapter.', 'mask2former.', 'backbone.'))
    }
    for name in weights:
        if 'queries_' in name:
            weights[name] = weights[name][:3]
        if 'class_predictor' in name:
            weights[name] = torch.cat([weights[name]] * 3)
    weights |= change or {}
    torch.save({'state_dict': {name: value for name, value in weights.items() if value is not None}}, tmp_path / 'm.ckpt')
    return tmp_path / 'm.ckpt'


def test_training_starts_from_released_masks(tmp_path):
    model, source, before = small_model(mask_weights=str(mask_file(tmp_path))), small_model(seed=4), small_model()
    model.init_weights()
    taken = [n for n in model.state_dict() if n.startswith(('image_adapter', 'mask_decoder.pixel', 'mask_decoder.transformer'))]
    assert equal_states(model, source, taken)
    for name in ('query_features', 'query_position'):
        rows, first, fresh = (getattr(m.mask_decoder, name).weight for m in (model, source, before))
        assert torch.equal(rows[:3], first[:3]) and torch.equal(rows[3:], fresh[3:])
    kept = [n for n in model.state_dict() if n.startswith(('encoder', 'mask_decoder.classifier', 'gaussian_heads'))]
    assert equal_states(model, before, kept)


@pytest.mark.parametrize(
    ('change', 'sentence'),
    [
        ({'model.adapter.level_embed': None}, r'1 missing in the file: image_adapter\.level_embed'),
        ({'model.adapter.stranger': torch.ones(2)}, r'1 unknown to the model: adapter\.stranger'),
        ({'model.mask2former.model.transformer_module.queries_embedder.weight': torch.ones(3, 9)}, 'of another shape'),
    ],
)
def test_another_network_has_no_masks(tmp_path, change, sentence):
    with pytest.raises(CheckpointError, match=f'holds no image adapter and mask decoder.*{sentence}'):
        load_masks(small_model(), mask_file(tmp_path, change))


RAYS = {'type': 'RayPointmapHead', 'dim': DIMS[1]}
PLACING = {'type': 'MatchedPose', 'dims': DIMS}
RAY_CENTRES = {'type': 'RayCentreHead', 'dim': DIMS[1]}


def ray_file(tmp_path):
    """A DUSt3R as that of the tiny config, and its file."""
    source = dust3r(RAYS)
    source.placing = MODELS.build(PLACING)
    torch.save({'state_dict': source.state_dict()}, tmp_path / 'd.pth')
    return source, tmp_path / 'd.pth'


def test_rays_and_poses_of_a_dust3r_are_taken_over(tmp_path):
    source, path = ray_file(tmp_path)
    model = small_model(centre_heads=[RAY_CENTRES, RAY_CENTRES], placing=PLACING)
    load_geometry(model, path)
    check_geometry(model, source)
    assert equal_states(model.placing, source.placing)
    depths = source.heads[1].mlp.fc2
    assert torch.equal(model.centre_heads[1].mlp.fc2.weight, depths.weight[512:768])
    layers = [torch.randn(2, 6, DIMS[1])]
    cameras = torch.tensor([[36.0, 0, 23.5], [0, 36, 15.5], [0, 0, 1]]).expand(2, 3, 3)
    theirs, ours = source.heads[0](layers, (32, 48)).points, model.centre_heads[0](layers, (32, 48), cameras)
    torch.testing.assert_close(ours[..., 2], theirs[..., 2])


def test_a_model_without_rays_takes_the_rest(tmp_path):
    source, path = ray_file(tmp_path)
    model, before = small_model(), small_model()
    load_geometry(model, path)
    check_geometry(model, source)
    assert equal_states(model, before, [n for n in model.state_dict() if n.startswith('centre_heads')])
