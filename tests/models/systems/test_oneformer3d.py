"""OneFormer3D through the classes of UniSeg3D: its files load, and its answers are what its tensors say."""

from collections import Counter
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from model_samples import room_sample
from oneformer3d_files import CHANNELS, DIM, HEADS, LAYERS, SCANNET, SCANNET200, minkowski_weights, published, tiny_model
from torch import nn

from uniseg3d.engine.config import load_config
from uniseg3d.models.encoders.minkunet import VARIANTS, remap_keys
from uniseg3d.models.systems.uniseg3d_checkpoint import CONVERTED, LOADED, RESHAPED, key_fates, load_backbone
from uniseg3d.registry import MODELS
from uniseg3d.structures import Prompts, SceneBatch
from uniseg3d.utils.errors import CheckpointError, ConfigError
from uniseg3d.utils.weights import apply_weights

BOTH = pytest.mark.parametrize('path', [SCANNET, SCANNET200], ids=['scannet', 'scannet200'])


def scene(path, seed=0):
    """A room without prompts; the network of ScanNet200 sees colours alone."""
    sample = room_sample(seed)
    if path == SCANNET200:
        sample = replace(sample, scene=replace(sample.scene, features=sample.scene.features[:, :3].contiguous()))
    none, rows = torch.zeros(0, dtype=torch.long), sample.targets.masks[:0]
    targets = {'click_instance': none, 'text_masks': rows, 'text_labels': none, 'text_object_ids': none}
    return replace(sample, prompts=Prompts(), targets=replace(sample.targets, **targets))


def build(path, **changes):
    torch.manual_seed(0)
    return MODELS.build(tiny_model(path) | changes)


def loaded(path, weights, **changes):
    model = build(path, **changes)
    assert not apply_weights(model, weights)
    return model.eval()


def linear(weights, name, values):
    return F.linear(values, weights[f'{name}.weight'], weights[f'{name}.bias'])


def two_layers(weights, name, values):
    return linear(weights, f'{name}.2', linear(weights, f'{name}.0', values).relu())


def norm(weights, name, values):
    return F.layer_norm(values, (DIM,), weights[f'{name}.weight'], weights[f'{name}.bias'])


def attend(weights, name, queries, keys, blocked=None):
    layer = nn.MultiheadAttention(DIM, HEADS, batch_first=True)
    layer.load_state_dict({n.removeprefix(f'{name}.'): w for n, w in weights.items() if n.startswith(f'{name}.')})
    mask = None if blocked is None else blocked.repeat(HEADS, 1, 1)
    return layer(queries[None], keys[None], keys[None], attn_mask=mask)[0][0]


def decoded(weights, features):
    """Normalised queries [M, DIM] and mask logits [M, M] by the published description, from the tensors of a file."""
    tokens = norm(weights, 'decoder.input_proj.1', linear(weights, 'decoder.input_proj.0', features)).relu()
    queries = two_layers(weights, 'decoder.query_proj', features)
    looks = two_layers(weights, 'decoder.x_mask', features)
    for i in range(LAYERS):
        blocked = norm(weights, 'decoder.out_norm', queries) @ looks.T < 0
        blocked &= ~blocked.all(1, keepdim=True)
        names = [f'decoder.{part}.{i}' for part in ('cross_attn_layers', 'self_attn_layers', 'ffn_layers')]
        seen = attend(weights, f'{names[0]}.attn', queries, tokens, blocked)
        queries = norm(weights, f'{names[0]}.norm', queries + seen)
        queries = norm(weights, f'{names[1]}.norm', queries + attend(weights, f'{names[1]}.attn', queries, queries))
        inner = linear(weights, f'{names[2]}.net.3', F.gelu(linear(weights, f'{names[2]}.net.0', queries)))
        queries = norm(weights, f'{names[2]}.norm', queries + inner)
    embeddings = norm(weights, 'decoder.out_norm', queries)
    return embeddings, embeddings @ looks.T


def head_changes(path, semantic_layers, score):
    decoder = tiny_model(path).decoder
    decoder.semantic_head.hidden = semantic_layers == 2
    decoder.iou_head = {'type': 'IoUHead', 'dim': DIM, 'layers': 2} if score else None
    return {'decoder': decoder}


@BOTH
@pytest.mark.parametrize(('semantic_layers', 'score'), [(1, False), (2, False), (1, True)])
def test_the_forward_pass_is_what_the_tensors_say(path, semantic_layers, score):
    weights = published(path, semantic_layers, score)
    model, batch = loaded(path, weights, **head_changes(path, semantic_layers, score)), SceneBatch([scene(path)])
    with torch.no_grad():
        (output,) = model(batch)
        features = model.encoder(batch)
        embeddings, masks = decoded(weights, features)
        semantic = (two_layers if semantic_layers == 2 else linear)(weights, 'decoder.out_sem', embeddings)
    assert features.shape[1] == CHANNELS
    close = {'atol': 1e-4, 'rtol': 1e-4}
    torch.testing.assert_close(output.embeddings, embeddings, **close)
    torch.testing.assert_close(output.masks, masks, **close)
    torch.testing.assert_close(output.classes, two_layers(weights, 'decoder.out_cls', embeddings), **close)
    torch.testing.assert_close(output.semantic, semantic, **close)
    assert (output.ious is not None) == score
    if score:
        torch.testing.assert_close(output.ious, two_layers(weights, 'decoder.out_score', embeddings)[:, 0], **close)


@BOTH
def test_every_entry_has_a_fate_and_every_weight_a_source(path):
    weights = published(path)
    fates = key_fates(weights, build(path).state_dict())
    assert len(fates) == len(weights) and all(fate.name in weights for fate in fates)
    kernels = sum(name.endswith(('.kernel', 'final.bias')) for name in weights)
    counts = Counter(fate.fate for fate in fates)
    assert counts == ({LOADED: len(weights)} if path == SCANNET else {LOADED: len(weights) - kernels, CONVERTED: kernels})


def test_both_layouts_of_spconv_give_the_same_answer():
    weights = published(SCANNET)
    old = {name: w.permute(1, 2, 3, 4, 0).contiguous() if w.ndim == 5 else w for name, w in weights.items()}
    fates = Counter(fate.fate for fate in key_fates(old, build(SCANNET).state_dict()))
    assert fates[RESHAPED] == sum(w.ndim == 5 and w.shape != old[name].shape for name, w in weights.items()) > 5
    assert fates[RESHAPED] + fates[LOADED] == len(old)
    states = [loaded(SCANNET, entries).state_dict() for entries in (weights, old)]
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())


def test_the_network_of_minkowski_gets_its_weights():
    """Kernels are converted as ``remap_keys`` does, which is held to the engine's own numbers elsewhere."""
    weights = published(SCANNET200)
    state = loaded(SCANNET200, weights).encoder.unet.state_dict()
    expected = remap_keys({n: w for n, w in weights.items() if n.startswith('backbone.')}, 'backbone.')
    assert state.keys() == expected.keys() and all(torch.equal(state[name], value) for name, value in expected.items())
    assert torch.equal(state['head.bias'], weights['backbone.final.bias'][0])
    last = weights['backbone.final.kernel']
    assert torch.equal(state['head.weight'].flatten(1), last.T)
    first = weights['backbone.conv0p1s1.kernel'][1]  # the first spatial axis runs fastest
    assert torch.equal(state['stem.0.weight'][:, 1, 0, 0], first.T)


def test_a_network_without_last_layer():
    weights = {name: w for name, w in published(SCANNET200).items() if not name.startswith('backbone.final.')}
    with pytest.raises(CheckpointError, match=r'2 missing in the file: encoder\.unet\.head'):
        apply_weights(build(SCANNET200), weights)
    model = MODELS.build(tiny_model(SCANNET200, out_channels=None))
    assert not apply_weights(model, weights)
    (found,) = model.eval().predict(SceneBatch([scene(SCANNET200)]))
    assert len(found.semantic) == len(scene(SCANNET200).superpoints)


@BOTH
def test_full_size_names_and_shapes(path):
    """Of the models as their configs state them, without memory for their weights."""
    with torch.device('meta'):
        model = MODELS.build(load_config(path).model)
    own = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    things, channels = (18, 32) if path == SCANNET else (198, 96)
    assert own['decoder.class_head.layers.2.weight'] == (things + 1, 256)
    assert own['decoder.semantic_head.layers.0.weight'] == (things + 3, 256)
    assert own['decoder.token_projection.0.weight'] == (256, channels)
    assert len({name.split('.')[3] for name in own if name.startswith('decoder.transformer.')}) == 6
    assert {name.split('.')[0] for name in own} == {'encoder', 'decoder'}
    assert model.num_stuff == 2 and model.class_names[:2] == ('wall', 'floor') and len(model.class_names) == things + 2


def test_the_full_network_of_scannet200_takes_all_entries():
    with torch.device('meta'):
        model = MODELS.build(load_config(SCANNET200).model)
    variant = VARIANTS['34C']
    weights = {name: w.to('meta') for name, w in minkowski_weights(variant.planes, variant.blocks, 96).items()}
    fates = key_fates(weights, {n: w for n, w in model.state_dict().items() if n.startswith('encoder.')})
    assert {fate.fate for fate in fates} == {LOADED, CONVERTED} and len(fates) == len(weights)


@BOTH
def test_scenes_are_answered_from_end_to_end(path):
    batch = SceneBatch([scene(path, seed) for seed in (0, 1)])
    model = loaded(path, published(path))
    for sample, found in zip(batch, model.predict(batch), strict=True):
        assert len(found.semantic) == len(sample.superpoints) == len(found.panoptic.segment)
        assert int(found.semantic.max()) < len(model.class_names)
        assert len(found.clicks) == len(found.texts) == 0 and found.objects is None
        assert len(found.instances) <= 600 and bool((found.instances.labels < len(model.class_names) - 2).all())
    assert any(len(found.instances) for found in model.predict(batch))
    again = model.extract_feat(batch)[0]
    assert torch.equal(model.answer(again, Prompts()).semantic, model.predict(batch)[0].semantic)
    assert model.answer(again, Prompts()).semantic is None, 'asked for nothing, once everything was answered'


@BOTH
def test_one_step_of_training_moves_every_weight(path):
    model = build(path).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    losses = model.loss(SceneBatch([scene(path, seed) for seed in (0, 1)]))
    assert {name for name, value in losses.items() if value > 0} == {'inst_loss', 'seg_loss'}
    sum(losses.values()).backward()
    optimizer.step()
    assert all(p.grad is not None and p.isfinite().all() for p in model.parameters())
    moved = [name for name, p in model.named_parameters() if not torch.equal(p, before[name])]
    assert len(moved) == len(before)


def test_prompts_and_names_are_refused():
    model, sample = build(SCANNET).eval(), room_sample(0)
    with pytest.raises(ConfigError, match='no text_encoder, so it can be asked neither sentences nor names'):
        model.predict(SceneBatch([sample]))
    with pytest.raises(ConfigError, match='answers no prompts, but got 3 clicks and 0 sentences'):
        model.answer(model.extract_feat(SceneBatch([sample]))[0], Prompts(sample.prompts.clicks))
    with pytest.raises(ConfigError, match='no text_encoder'):
        model.say(['lamp'])


@pytest.mark.parametrize(('changes', 'sentence'), [
    ({'decoder.out_sem.2.weight': torch.zeros(21, DIM)}, 'unknown to the model: decoder.semantic_head.layers.2.weight'),
    ({'decoder.out_score.0.bias': torch.zeros(DIM)}, 'unknown to the model: decoder.iou_head.0.bias'),
    ({'decoder.out_cls.2.bias': torch.zeros(199)}, r'of another shape: decoder.class_head.layers.2.bias: file \(\[199\]\)'),
    ({'decoder.out_norm.bias': None}, '1 missing in the file: decoder.mask_head.norm.bias'),
    ({'decoder.query.weight': torch.zeros(2, 2)}, 'unknown to the model: decoder.query.weight'),
])  # fmt: skip
def test_files_of_other_forms_are_refused(changes, sentence):
    weights = {name: value for name, value in (published(SCANNET) | changes).items() if value is not None}
    with pytest.raises(CheckpointError, match=sentence):
        apply_weights(build(SCANNET), weights)


@BOTH
def test_a_training_may_start_from_its_sparse_network(path, tmp_path):
    weights, model = published(path), build(path)
    torch.save(weights, tmp_path / 'released.pth')
    left = load_backbone(model.encoder.unet, tmp_path / 'released.pth')
    assert left == [name for name in weights if name.startswith('decoder.')]
    expected = loaded(path, weights).encoder.state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in model.encoder.state_dict().items())
