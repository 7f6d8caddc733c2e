"""Released weights: every listed name, aliases, prefixes, every difference; and those of DUSt3R to start from."""

import pytest
import torch
from mmengine.config import Config
from point3r_archives import LISTS, listed, listed_dust3r
from point3r_models import small_model

from uniseg3d.models.systems.point3r_checkpoint import (
    FRESH,
    adapt_published,
    from_dust3r,
    key_fates,
    load_dust3r,
    published_names,
)
from uniseg3d.registry import MODELS
from uniseg3d.utils.errors import CheckpointError
from uniseg3d.utils.key_fates import LOADED, UNNEEDED
from uniseg3d.utils.weights import apply_weights, load_weights

BASE = LISTS.parents[2] / 'configs' / '_base_' / 'models' / 'point3r.py'
ALIAS = '.scratch.layer_rn.'
DENSE = {'layer_dims': (4, 6, 8, 12), 'dim': 8}
HEADS = ('downstream_head.dpt_self', 'downstream_head.dpt_cross')
# Counts by their beginnings of what DUSt3R does not have.
NEW = {
    'pose_token': 1, 'pose_retriever.': 100, 'value_encoder.': 72, 'value_norm.': 2, 'value_out.': 2, 'memory_attn_head.': 4,
    'decoder_embed_memory.': 2, 'dec_norm_memory.': 2, 'downstream_head.final_transform.': 32, 'downstream_head.pose_head.': 4,
}  # fmt: skip


def on_meta(shapes):
    return {name: torch.empty(shape, device='meta') for name, shape in shapes.items()}


@pytest.fixture(scope='module')
def full_state():
    with torch.device('meta'):
        return MODELS.build(Config.fromfile(BASE).model).state_dict()


def small_file(model):
    """What a published file of a small model's weights would hold: unread entries and aliases, too."""
    state, names = model.state_dict(), published_names(released_names())
    published = {name: state[own].clone() for own, name in names.items() if own in state}
    aliases = {f'{a}{ALIAS}{i}.weight': published[f'{a}.scratch.layer{i + 1}_rn.weight'] for a in HEADS for i in range(4)}
    idle = {name: torch.ones(2) for name in ('dec_norm_memory.weight', 'dec_blocks_memory.3.norm1.weight')}
    return published | aliases | idle


def released_names():
    """Of a model with four decoder blocks, the last of which the memory stream never reads."""
    return [name for name in listed() if not name.startswith('dec_blocks_memory.') or int(name.split('.')[1]) < 4]


def test_the_whole_list_fits(full_state):
    assert len(listed()) == 1231
    once = (torch.Size(shape).numel() for name, shape in listed().items() if ALIAS not in name)
    assert sum(once) == 828_014_991
    fates = key_fates(on_meta(listed()), full_state)
    assert {fate.fate for fate in fates} == {LOADED, UNNEEDED} and len(fates) == 1231
    adapted = adapt_published(on_meta(listed()))
    assert {name: value.shape for name, value in adapted.items()} == {name: value.shape for name, value in full_state.items()}


def test_only_what_nothing_reads_is_left_out(full_state):
    left = {fate.name for fate in key_fates(on_meta(listed()), full_state) if fate.fate == UNNEEDED}
    beginnings = ('dec_blocks_memory.11.', 'dec_norm_memory.')
    assert all(n.startswith(beginnings) or ALIAS in n or 'refinenet4.resConfUnit1' in n for n in left)
    assert len(left) == 24 + 2 + 8 + 8


@pytest.mark.parametrize('names', ['both', 'main', 'alias'])
def test_aliases_may_be_there_or_stand_alone(full_state, names):
    dropped = {'both': '-', 'main': ALIAS, 'alias': '.scratch.layer1_rn.'}[names]
    weights = {name: value for name, value in on_meta(listed()).items() if dropped not in name}
    assert adapt_published(weights).keys() == full_state.keys()


def test_a_file_of_the_original_fills_the_model(tmp_path):
    model = small_model(dpt=DENSE)
    torch.save(
        {'model': {f'module.{name}': value for name, value in small_file(model).items()}, 'epoch': 3}, tmp_path / 'p.pth'
    )
    other = small_model(seed=1, dpt=DENSE)
    assert not apply_weights(other, load_weights(tmp_path / 'p.pth').state_dict)
    assert all(torch.equal(value, other.state_dict()[name]) for name, value in model.state_dict().items())
    assert not apply_weights(other, model.state_dict())  # our own names pass as they are


@pytest.mark.parametrize(
    ('change', 'sentence'),
    [
        ({'pose_token': None}, r'1 missing in the file: pose_memory\.start'),
        ({'value_out.bias': None}, r'1 missing in the file: pointer_encoder\.out\.bias'),
        ({'dec_blocks.0.gamma': torch.ones(3)}, r'1 unknown to the model: decoder\.blocks\.0\.gamma'),
        ({'ray_head.weight': torch.ones(3)}, r'1 unknown to the model: ray_head\.weight'),
        ({'pose_retriever.mem': torch.ones(1, 4, 64)}, r'of another shape: pose_memory\.slots: file \(\[1, 4, 64\]\)'),
    ],
)
def test_every_difference_is_an_error(change, sentence):
    model = small_model(dpt=DENSE)
    weights = {name: value for name, value in {**small_file(model), **change}.items() if value is not None}
    with pytest.raises(CheckpointError, match=sentence):
        apply_weights(model, weights)


def test_dust3r_lacks_exactly_what_is_new():
    """Of the released lists: nothing but the mask token is left over, and nothing else is missing."""
    assert len(listed_dust3r()) == 1009
    converted = from_dust3r(listed_dust3r())
    missing = listed().keys() - converted.keys()
    counts = {start: sum(name.startswith(start) for name in missing) for start in NEW}
    assert counts == NEW and len(missing) == sum(NEW.values())
    assert converted.keys() <= listed().keys() and all(converted[name] == listed()[name] for name in converted)
    renamed = {name.replace('pts_', '') for name in converted}
    assert (
        len(converted) == len(listed_dust3r()) - 1 + 2 and 'mask_token' not in converted and 'patch_embed.proj.bias' in renamed
    )


def dust3r_file(tmp_path, change=None):
    """A file of a small DUSt3R whose stream of the second image is all ones."""
    weights = small_file(small_model(seed=5, dpt=DENSE))
    named = {'downstream_head.dpt_self.': 'downstream_head1.dpt.', 'downstream_head.dpt_cross.': 'downstream_head2.dpt.'}
    named |= {
        'dec_blocks_memory.': 'dec_blocks2.',
        'patch_embed.': 'patch_embed.',
        'enc_': 'enc_',
        'decoder_embed.': 'decoder_embed.',
    }
    named |= {'dec_blocks.': 'dec_blocks.', 'dec_norm.': 'dec_norm.'}
    theirs = {new + n.removeprefix(old): v for n, v in weights.items() for old, new in named.items() if n.startswith(old)}
    theirs |= {'mask_token': torch.ones(1)} | (change or {})
    torch.save({'model': {n: v for n, v in theirs.items() if v is not None}}, tmp_path / 'dust3r.pth')
    return tmp_path / 'dust3r.pth', weights


def test_training_starts_from_dust3r(tmp_path):
    path, theirs = dust3r_file(tmp_path)
    model, before = (small_model(dpt=DENSE, dust3r_weights=str(path)) for _ in range(2))
    model.init_weights()
    ours = small_file(model)
    shared = ('enc_', 'dec_blocks.', 'dec_norm.', 'dec_blocks_memory.', 'patch_embed.', 'downstream_head.dpt_')
    assert all(torch.equal(ours[name], value) for name, value in theirs.items() if name.startswith(shared))
    assert torch.equal(ours['pts_patch_embed.proj.weight'], theirs['patch_embed.proj.weight'])
    for name, value in before.state_dict().items():
        if name.startswith(FRESH) and 'patch_embed' not in name:
            assert torch.equal(model.state_dict()[name], value), name


def test_one_stream_serves_both_where_there_is_no_second(tmp_path):
    path, theirs = dust3r_file(tmp_path)
    one = {n: v for n, v in torch.load(path)['model'].items() if not n.startswith('dec_blocks2.')}
    torch.save({'model': one}, path)
    model = small_model(dpt=DENSE)
    fresh = load_dust3r(model, path)
    assert torch.equal(model.decoder.memory_blocks[1].attn.qkv.weight, theirs['dec_blocks.1.attn.qkv.weight'])
    assert fresh and all(name.startswith(FRESH) for name in fresh)


@pytest.mark.parametrize(
    ('change', 'sentence'),
    [
        ({'enc_norm.bias': None}, r'1 missing in the file: encoder\.norm\.bias'),
        ({'downstream_head1.proj.weight': torch.ones(2)}, r'1 unknown to the model: downstream_head1\.proj\.weight'),
        ({'enc_norm.bias': torch.ones(2)}, r'1 of another shape: encoder\.norm\.bias'),
    ],
)
def test_another_network_is_no_dust3r(tmp_path, change, sentence):
    path, _ = dust3r_file(tmp_path, change)
    with pytest.raises(CheckpointError, match=f'holds no DUSt3R.*{sentence}'):
        load_dust3r(small_model(dpt=DENSE), path)


def dust3r_trained_here(tmp_path, dim=48):
    """A file of our own DUSt3R with the sizes of the small model and linear heads."""
    torch.manual_seed(7)
    encoder = {'type': 'ViTEncoder', 'patch_embed': {'type': 'PatchEmbed', 'dim': dim}, 'depth': 2, 'heads': 3}
    decoder = {'type': 'PairwiseDecoder', 'in_dim': dim, 'dim': 32, 'depth': 4, 'heads': 2}
    heads = [{'type': 'LinearPointmapHead', 'dim': 32}, {'type': 'LinearPointmapHead', 'dim': 32}]
    model = MODELS.build({'type': 'DUSt3R', 'encoder': encoder, 'decoder': decoder, 'heads': heads})
    torch.save({'state_dict': model.state_dict(), 'meta': {}}, tmp_path / 'ours.pth')
    return tmp_path / 'ours.pth', model


def streaming_model():
    heads = {'type': 'StreamHead', 'dim': 32, 'heads': 2}
    heads |= {name: {'type': 'LinearPointmapHead', 'dim': 32} for name in ('local', 'world')}
    return small_model(head=heads)


def test_training_starts_from_a_dust3r_that_was_trained_here(tmp_path):
    path, theirs = dust3r_trained_here(tmp_path)
    model = streaming_model()
    fresh = load_dust3r(model, path)
    assert fresh and all(name.startswith(FRESH) for name in fresh)
    pairs = {
        'encoder.blocks.1.attn.qkv.weight': 'encoder.blocks.1.attn.qkv.weight',
        'decoder.blocks.3.norm_y.bias': 'decoder.blocks.3.norm_y.bias',
        'decoder.memory_blocks.2.mlp.fc1.weight': 'decoder.other_blocks.2.mlp.fc1.weight',
        'head.local.proj.weight': 'heads.0.proj.weight',
        'head.world.proj.weight': 'heads.1.proj.weight',
        'pointer_encoder.patch_embed.proj.weight': 'encoder.patch_embed.proj.weight',
    }
    for own, name in pairs.items():
        assert torch.equal(model.state_dict()[own], theirs.state_dict()[name]), own


def test_heads_of_another_kind_start_anew_and_other_sizes_are_refused(tmp_path):
    path, theirs = dust3r_trained_here(tmp_path)
    model = small_model()
    fresh = load_dust3r(model, path)
    assert {name for name in model.state_dict() if name.startswith(('head.local.', 'head.world.'))} <= set(fresh)
    assert torch.equal(model.decoder.memory_blocks[2].mlp.fc1.weight, theirs.decoder.other_blocks[2].mlp.fc1.weight)
    path, _ = dust3r_trained_here(tmp_path, dim=24)
    with pytest.raises(CheckpointError, match=r'of another shape: (decoder\.embed|encoder)'):
        load_dust3r(streaming_model(), path)
