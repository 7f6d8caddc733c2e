"""Released weights of DUSt3R and MASt3R: every listed name, every difference, and what files say about their model."""

import argparse
from functools import cache
from pathlib import Path

import panst3r_archives
import pytest
import torch
from dust3r_models import tiny_model

from uniseg3d.models.systems import dust3r_checkpoint
from uniseg3d.models.systems.dust3r_arguments import model_config
from uniseg3d.models.systems.dust3r_checkpoint import adapt_published, key_fates, unneeded_names
from uniseg3d.registry import MODELS
from uniseg3d.utils.errors import CheckpointError
from uniseg3d.utils.key_fates import LOADED, UNNEEDED
from uniseg3d.utils.weights import apply_weights, load_weights

COMMON = "pos_embed='RoPE100', img_size=(512, 512), depth_mode=('exp', -inf, inf), conf_mode=('exp', 1, inf)"
SIZES = 'enc_embed_dim=1024, enc_depth=24, enc_num_heads=16, dec_embed_dim=768, dec_depth=12, dec_num_heads=12'
MATCHING = "head_type='catmlp+dpt', output_mode='pts3d+desc24', two_confs=True, desc_conf_mode=('exp', 0, inf)"
STATED = {
    'linear': f"AsymmetricCroCo3DStereo({COMMON}, head_type='linear', output_mode='pts3d', {SIZES})",
    'dpt': f"AsymmetricCroCo3DStereo({COMMON}, patch_embed_cls='ManyAR_PatchEmbed', head_type='dpt', {SIZES})",
    'matching': f"AsymmetricMASt3R({COMMON}, patch_embed_cls='ManyAR_PatchEmbed', {MATCHING}, {SIZES})",
}
COUNTS = {'linear': 877, 'dpt': 1009, 'matching': 1017}


@cache
def listed():
    """Shapes by name of each of the three parts of the list."""
    parts, text = [], (Path(__file__).parent / 'dust3r_state_dict.txt').read_text()
    for part in text.split('\n## ')[1:]:
        rows = [line.split('\t') for line in part.splitlines() if '\t' in line]
        parts.append({name: tuple(int(n) for n in shape.strip('()').split(',') if n.strip()) for name, shape, _ in rows})
    linear, *heads = parts
    body = {name: shape for name, shape in linear.items() if not name.startswith('downstream_head')}
    return {'linear': linear, 'dpt': body | heads[0], 'matching': body | heads[1]}


def released(kind):
    return {name: torch.empty(shape, device='meta') for name, shape in listed()[kind].items()}


def full_model(kind):
    with torch.device('meta'):
        return MODELS.build(model_config({'model': STATED[kind]}, 'file.pth'))


@pytest.mark.parametrize('kind', COUNTS)
def test_the_whole_list_fits(kind):
    weights, own = released(kind), full_model(kind).state_dict()
    assert len(weights) == COUNTS[kind]
    fates = key_fates(weights, own)
    assert {fate.fate for fate in fates} == {LOADED, UNNEEDED}
    assert {fate.own for fate in fates if fate.fate == LOADED} == own.keys()
    adapted = adapt_published(weights)
    assert {name: value.shape for name, value in adapted.items()} == {name: value.shape for name, value in own.items()}


@pytest.mark.parametrize('kind', COUNTS)
def test_what_is_not_needed_is_known(kind):
    unneeded = unneeded_names(released(kind))
    per_head = 0 if kind == 'linear' else 8  # four tensors twice, and two convolutions that nothing feeds
    assert len(unneeded) == 1 + 2 * per_head and 'mask_token' in unneeded


def published_tiny():
    """A file's content for the tiny model, from an archive's names."""
    model = tiny_model(describe=True)
    state, names = model.state_dict(), {name: name for name in listed()['matching']}
    sources = {own: theirs for own, theirs in dust3r_checkpoint.remap_keys(names).items() if own in state}
    assert sources.keys() == state.keys()
    weights = {theirs: state[own].clone() for own, theirs in sources.items()}
    return model, weights


def test_weights_arrive_where_they_belong():
    model, weights = published_tiny()
    again = tiny_model(describe=True)
    for parameter in again.parameters():
        torch.nn.init.zeros_(parameter)
    assert not apply_weights(again, weights)
    filled = again.state_dict()
    assert all(torch.equal(value, filled[name]) for name, value in model.state_dict().items())
    assert not apply_weights(again, model.state_dict()), 'our own names, too'


def test_files_that_hold_tied_tensors_one_way_only():
    _, weights = published_tiny()
    other_way = {}
    for name, value in weights.items():
        for i in range(4):
            name = name.replace(f'scratch.layer{i + 1}_rn.', f'scratch.layer_rn.{i}.')
        other_way[name] = value
    assert other_way.keys() != weights.keys()
    assert not apply_weights(tiny_model(describe=True), other_way)


def test_files_of_one_decoder_fill_both():
    model, weights = published_tiny()
    single = {name: value for name, value in weights.items() if not name.startswith('dec_blocks2.')}
    assert not apply_weights(model, single)
    first, second = model.decoder.blocks.state_dict(), model.decoder.other_blocks.state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize(
    ('change', 'sentence'),
    [
        ({'enc_norm.bias': None}, r'1 missing in the file: encoder\.norm\.bias'),
        ({'enc_blocks.9.norm1.bias': torch.ones(16)}, r'unknown to the model: encoder\.blocks\.9\.norm1\.bias'),
        ({'stranger': torch.ones(1)}, r'1 unknown to the model: stranger'),
        ({'downstream_head1.dpt.head.4.bias': torch.ones(3)}, r'of another shape: heads\.0\.pointmap\.dpt\.head\.4\.bias'),
    ],
)
def test_every_difference_is_an_error(change, sentence):
    model, weights = published_tiny()
    changed = {name: w for name, w in {**weights, **change}.items() if w is not None}
    with pytest.raises(CheckpointError, match=sentence):
        apply_weights(model, changed)


def test_a_file_as_released(tmp_path):
    model, weights = published_tiny()
    arguments = argparse.Namespace(model=STATED['matching'], lr=1e-4, train_dataset='1000 @ Co3d(aug_crop=16)')
    torch.save({'args': arguments, 'model': weights, 'epoch': 99}, tmp_path / 'mast3r.pth')
    file = load_weights(tmp_path / 'mast3r.pth')
    assert not apply_weights(model, file.state_dict)
    assert model_config(file.args, 'mast3r.pth')['heads'][1]['features'] == 24


@pytest.mark.parametrize(
    ('text', 'sentence'),
    [
        ("__import__('os').system('true')", 'nothing of it was run'),
        ('AsymmetricCroCo3DStereo(1024)', 'values without names'),
        ('AsymmetricCroCo3DStereo(enc_layers=3)', 'gives enc_layers; expected enc_embed_dim'),
        ('AsymmetricCroCo3DStereo(enc_depth=1000000000)', 'enc_depth=1000000000; expected a number'),
        ("AsymmetricCroCo3DStereo(enc_depth='24')", 'expected a number'),
        ('AsymmetricCroCo3DStereo(enc_depth=2.5)', 'expected a number'),
        ("AsymmetricCroCo3DStereo(depth_mode='exp')", 'depth_mode=.exp.; expected the like of'),
        ("AsymmetricCroCo3DStereo(conf_mode=('exp', 1))", 'conf_mode'),
        ("AsymmetricCroCo3DStereo(conf_mode=('sigmoid', 0, 1))", 'conf_mode'),
        ("AsymmetricCroCo3DStereo(depth_mode=('exp', 0, inf))", 'depth_mode'),
        (
            "AsymmetricCroCo3DStereo(patch_embed_cls='Other')",
            "patch_embed_cls='Other'; expected the like of 'PatchEmbedDust3R'",
        ),
        ("AsymmetricCroCo3DStereo(head_type='mlp')", "head 'mlp'"),
        ("AsymmetricCroCo3DStereo(head_type='dpt', patch_size=14)", "the head 'dpt' is made for 16"),
        ("AsymmetricMASt3R(head_type='catmlp+dpt', output_mode='pts3d')", "output 'pts3d'"),
    ],
)
def test_what_a_file_says_is_checked(text, sentence):
    with pytest.raises(CheckpointError, match=f'^file.pth: args.model.*{sentence}'):
        model_config({'model': text}, 'file.pth')


def test_the_patch_embedding_is_the_stated_one():
    kinds = [model_config({'model': STATED[kind]}, 'file')['encoder']['patch_embed']['type'] for kind in STATED]
    assert kinds == ['PatchEmbed', 'ManyAspectPatchEmbed', 'ManyAspectPatchEmbed']


def test_files_that_say_nothing():
    with pytest.raises(CheckpointError, match='name a config'):
        model_config({}, 'file.pth')


@pytest.mark.full_set
@pytest.mark.parametrize('name', ['ii_dust3r_linear', 'ii_dust3r_dpt'])
def test_the_originals_weights_are_accounted_for(name):
    weights = panst3r_archives.weights(name)
    left = weights.keys() - dust3r_checkpoint.remap_keys({n: n for n in weights}).values() - set(unneeded_names(weights))
    assert not left
