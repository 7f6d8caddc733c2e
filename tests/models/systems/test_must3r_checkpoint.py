"""Released weights of MUSt3R: every listed name, where they go, and where a training starts."""

import argparse
from functools import cache
from pathlib import Path

import panst3r_archives
import pytest
import torch
from dust3r_models import tiny_model
from must3r_models import photos, small_model

from uniseg3d.apis.checkpoints import convert_checkpoint
from uniseg3d.apis.reconstruction_models import load_reconstruction_model
from uniseg3d.engine.config import load_config
from uniseg3d.models.systems import must3r_checkpoint
from uniseg3d.models.systems.must3r_arguments import model_config
from uniseg3d.models.systems.must3r_checkpoint import adapt_published, key_fates, load_dust3r, remap_keys
from uniseg3d.registry import MODELS
from uniseg3d.utils.errors import CheckpointError
from uniseg3d.utils.key_fates import LOADED
from uniseg3d.utils.weights import apply_weights, load_weights

STATED = {
    'encoder': "Dust3rEncoder(img_size=[512, 512], patch_embed='PatchEmbedDust3R')",
    'decoder': "MUSt3R(img_size=[512, 512], feedback_type='single_mlp', memory_mode='norm_y')",
}
CONFIGS = Path(__file__).parents[3] / 'configs'
ARCHIVE = 'iii_must3r_memory'


@cache
def listed():
    """Shapes by name, in the containers of a file."""
    text = (Path(__file__).parent / 'must3r_state_dict.txt').read_text()
    parts = dict(part.split(' ', 1) for part in text.split('\n## ')[1:3])
    rows = {part: [line.split('\t') for line in lines.splitlines() if '\t' in line] for part, lines in parts.items()}
    return {
        f'{part}.{name}': tuple(int(n) for n in shape.strip('()').split(',') if n.strip())
        for part, found in rows.items()
        for name, shape, _ in found
    }


def released():
    return {name: torch.empty(shape, device='meta') for name, shape in listed().items()}


def test_the_whole_list_fits():
    with torch.device('meta'):
        own = MODELS.build(model_config(STATED, 'file.pth')).state_dict()
    weights = released()
    assert len(weights) == 593
    fates = key_fates(weights, own)
    assert {fate.fate for fate in fates} == {LOADED} and {fate.own for fate in fates} == own.keys()
    adapted = adapt_published(weights)
    assert {name: value.shape for name, value in adapted.items()} == {name: value.shape for name, value in own.items()}


@pytest.mark.parametrize(('part', 'of'), [('must3r_encoder.', 'encoder.'), ('must3r_decoder.', 'decoder.')])
def test_the_names_within_other_files(part, of):
    names = [name for name in listed() if name.startswith(of)]
    there = {name.replace(of, part, 1): name for name in names}
    assert remap_keys(there) == remap_keys({name: name for name in names})


def published_small():
    """A file's content for the small model."""
    model = small_model()
    state = model.state_dict()
    sources = {own: theirs for own, theirs in remap_keys({name: name for name in listed()}).items() if own in state}
    assert sources.keys() == state.keys()
    return model, {theirs: state[own].clone() for own, theirs in sources.items()}


def zeroed():
    model = small_model()
    for parameter in model.parameters():
        torch.nn.init.zeros_(parameter)
    return model


def check_equal(first, second):
    filled = second.state_dict()
    assert all(torch.equal(value, filled[name]) for name, value in first.state_dict().items())


def test_weights_arrive_where_they_belong():
    model, weights = published_small()
    for content in (weights, model.state_dict()):
        again = zeroed()
        assert not apply_weights(again, content)
        check_equal(model, again)


@pytest.mark.parametrize(
    ('change', 'sentence'),
    [
        ({'decoder.image2_embed': None}, r'1 missing in the file: decoder\.later_embed'),
        ({'decoder.blocks_dec.9.norm1.bias': torch.ones(24)}, r'unknown to the model: decoder\.blocks\.9\.norm1\.bias'),
        ({'stranger': torch.ones(1)}, r'1 unknown to the model: stranger'),
        ({'decoder.head_dec.proj.bias': torch.ones(3)}, r'of another shape: head\.proj\.bias'),
    ],
)
def test_every_difference_is_an_error(change, sentence):
    model, weights = published_small()
    changed = {name: value for name, value in {**weights, **change}.items() if value is not None}
    with pytest.raises(CheckpointError, match=sentence):
        apply_weights(model, changed)


def test_a_file_as_released_says_what_it_is_for(tmp_path):
    model, weights = published_small()
    sizes = 'depth=2, num_heads=2, embed_dim={}, mlp_ratio={}'
    said = {
        'encoder': f'Dust3rEncoder(img_size=[512, 512], {sizes.format(16, 2.0)})',
        'decoder': STATED['decoder']
        .replace('MUSt3R(', f'CausalMUSt3R(enc_embed_dim=16, landscape_only=True, {sizes.format(24, 4)}, ')
        .replace('depth=2', 'depth=3'),
    }
    parts = {
        part: {name.removeprefix(f'{part}.'): w for name, w in weights.items() if name.startswith(f'{part}.')} for part in said
    }
    torch.save({'args': argparse.Namespace(**said, lr=1e-4), **parts, 'epoch': 99}, tmp_path / 'must3r.pth')
    loaded = load_reconstruction_model(tmp_path / 'must3r.pth')
    check_equal(model, loaded)
    done = convert_checkpoint(tmp_path / 'must3r.pth', tmp_path / 'ours.safetensors', 'must3r')
    converted = zeroed()
    apply_weights(converted, load_weights(tmp_path / 'ours.safetensors').state_dict)
    check_equal(model, converted)
    assert done.written == len(weights)
    assert loaded.exact_encoder and loaded.decoder.form == 'normalized' and not loaded.head.landscape_only
    with torch.no_grad():
        for ours, theirs in zip(loaded.reconstruct(photos()), model.reconstruct(photos()), strict=True):
            torch.testing.assert_close(ours.world, theirs.world, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize('form', ['published', 'ours'])
def test_a_training_starts_from_dust3r(tmp_path, form):
    source = tiny_model()  # two layers each
    weights = source.state_dict()
    if form == 'published':
        rules = {
            'encoder.blocks.': 'enc_blocks.', 'encoder.norm.': 'enc_norm.', 'encoder.': '', 'decoder.embed.': 'decoder_embed.',
            'decoder.blocks.': 'dec_blocks.', 'decoder.other_blocks.': 'dec_blocks2.', 'decoder.norm.': 'dec_norm.',
            'heads.0.': 'downstream_head1.', 'heads.1.': 'downstream_head2.',
        }  # fmt: skip
        weights = {_renamed(name, rules): value for name, value in weights.items()}
    torch.save({'state_dict': weights}, tmp_path / 'dust3r.pth')
    model = small_model(decoder={'depth': 2}, dust3r_weights=tmp_path / 'dust3r.pth')
    model.init_weights()
    assert torch.equal(model.decoder.blocks[1].cross_attn.projk.weight, source.decoder.blocks[1].cross_attn.projk.weight)
    assert torch.equal(model.encoder.norm.bias, source.encoder.norm.bias)
    fresh = load_dust3r(model, tmp_path / 'dust3r.pth')
    assert {name.split('.')[1] if name.startswith('decoder') else 'head' for name in fresh} == {
        'later_embed', 'feedback', 'feedback_norm', 'head'
    }  # fmt: skip
    with pytest.raises(CheckpointError, match=r'holds no DUSt3R that this model could start from: .*missing'):
        load_dust3r(small_model(), tmp_path / 'dust3r.pth')


def test_the_small_networks_of_the_rooms_start_from_one_another(tmp_path):
    pairs, model = (MODELS.build(load_config(CONFIGS / f'{name}_tiny_rooms.py').model) for name in ('dust3r', 'must3r'))
    torch.save({'state_dict': pairs.state_dict()}, tmp_path / 'pairs.pth')
    fresh = load_dust3r(model, tmp_path / 'pairs.pth')
    assert {'.'.join(name.split('.')[:2]) for name in fresh} == {
        'decoder.later_embed', 'decoder.feedback', 'decoder.feedback_norm'
    }  # fmt: skip
    assert torch.equal(model.head.placing.describe.weight, pairs.placing.describe.weight)
    assert torch.equal(model.head.local.mlp.fc1.weight, pairs.heads[1].mlp.fc1.weight)
    first = pairs.decoder.other_blocks[0].cross_attn.projq.weight
    assert torch.equal(model.decoder.blocks[0].cross_attn.projq.weight, first)


def _renamed(name, rules):
    start = next(rule for rule in rules if name.startswith(rule))
    return rules[start] + name.removeprefix(start)


@pytest.mark.full_set
def test_the_originals_weights_are_accounted_for():
    weights = panst3r_archives.weights(ARCHIVE)
    assert weights.keys() == set(must3r_checkpoint.published_names(weights).values())
