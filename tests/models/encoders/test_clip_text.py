"""CLIP's text tower: frozen, cached exactly, filled from every kind of file, and never run half empty."""

import copy

import pytest
import torch
from torch import nn

from uniseg3d.models.encoders.clip_text import ClipText, remap_keys
from uniseg3d.models.encoders.clip_tower import build_tower, tower_config
from uniseg3d.registry import MODELS
from uniseg3d.text.tokenizer import tokenize
from uniseg3d.utils.errors import CheckpointError, ConfigError, DataError
from uniseg3d.utils.mmengine_compat import import_open_clip

VOCABULARY, END = 100, 99
TEXT = {'width': 16, 'heads': 2, 'layers': 2, 'vocab_size': VOCABULARY}
TINY = {'embed_dim': 12, 'text_cfg': TEXT}
VISION = {'layers': 1, 'width': 16, 'head_width': 8, 'image_size': 32, 'patch_size': 16}


def encoder(tower=TINY, **options):
    torch.manual_seed(0)
    return ClipText(tower, dim=8, **options)


def sentences(count=6, seed=0):
    """Token rows [count, 77] of growing length."""
    generator = torch.Generator().manual_seed(seed)
    tokens = torch.randint(1, END, (count, 77), generator=generator)
    ends = torch.linspace(1, 76, count).long()[:, None]
    place = torch.arange(77)
    return torch.where(place < ends, tokens, torch.where(place == ends, END, 0))


def whole_model(kind, seed=1):
    """An OpenCLIP model with both towers."""
    torch.manual_seed(seed)
    open_clip = import_open_clip()
    return getattr(open_clip, kind)(embed_dim=12, vision_cfg=dict(VISION), text_cfg=dict(TEXT))


def saved(tmp_path, state):
    path = tmp_path / 'open_clip_pytorch_model.bin'
    torch.save(state, path)
    return str(path)


def test_shapes_and_no_sentences():
    text = encoder()
    assert (text.dim, text.width) == (8, 12)
    assert text(sentences(3)).shape == (3, 8)
    assert text(sentences()[:0]).shape == (0, 8)
    assert text.embed(sentences(2)).dtype == torch.float32


def test_what_follows_the_end_token_is_left_out_without_a_difference():
    text, tokens = encoder(), sentences()
    with torch.no_grad():
        torch.testing.assert_close(text.embed(tokens), text.tower(tokens), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    'variant',
    [{'no_causal_mask': True}, {'pool_type': 'last'}, {'embed_cls': True}, {'proj_bias': True, 'proj_type': 'linear'}],
)
def test_towers_that_read_differently_are_run_as_they_are(variant):
    text = encoder({'embed_dim': 12, 'text_cfg': {**TEXT, **variant}})
    with torch.no_grad():
        tokens = sentences(4)
        torch.testing.assert_close(text.embed(tokens), text.tower(tokens), rtol=1e-5, atol=1e-6)


def test_a_feature_does_not_depend_on_company_or_cache():
    """Exactly: what a resumed run computes anew is what the first run had kept."""
    text, tokens = encoder(), sentences()
    together = text.embed(tokens)
    assert torch.equal(text.embed(tokens.flip(0)).flip(0), together)
    for limit in (0, 2):
        fresh = encoder(cache=limit)
        for rows in (tokens[3:5], tokens[:1], tokens, tokens[2:]):
            expected = together[[tokens.tolist().index(row) for row in rows.tolist()]]
            assert torch.equal(fresh.embed(rows), expected)


def test_the_tower_is_frozen_and_the_projection_learns():
    text = encoder().train()
    assert not text.tower.training and text.training
    text(sentences(3)).square().sum().backward()
    assert all(p.grad is None for p in text.tower.parameters())
    assert all(p.grad is not None and p.grad.any() for p in text.project.parameters())


def test_the_tower_runs_in_float32_under_autocast():
    text, tokens = encoder(), sentences(3)
    expected = text.embed(tokens)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        other = encoder()
        assert torch.equal(other.embed(tokens), expected)
        assert other(tokens).dtype == torch.bfloat16


def test_inference_first_then_training():
    text, tokens = encoder(), sentences(2)
    with torch.inference_mode():
        text(tokens)
    text(tokens).sum().backward()


def test_new_weights_mean_new_features():
    text, tokens = encoder(), sentences(2)
    before, state = text.embed(tokens), copy.deepcopy(text.state_dict())
    state['tower.positional_embedding'] += 1
    nn.ModuleDict({'text_encoder': text}).load_state_dict({f'text_encoder.{name}': value for name, value in state.items()})
    assert not torch.allclose(text.embed(tokens), before)
    changed = text.embed(tokens)
    assert torch.allclose(text.double().embed(tokens), changed.double(), atol=1e-5), (
        'the cache holds no features of another type'
    )
    assert text.embed(tokens).dtype == torch.float64


def test_the_cache_is_no_part_of_a_checkpoint():
    text = encoder()
    names = set(text.state_dict())
    text.embed(sentences(3))
    assert set(text.state_dict()) == names
    assert {name.split('.')[0] for name in names} == {'tower', 'project'}


@pytest.mark.parametrize('kind', ['CLIP', 'CustomTextCLIP'])
def test_files_of_whole_models_fill_the_tower(tmp_path, kind):
    model, tokens = whole_model(kind), sentences(3)
    text = encoder(weights=saved(tmp_path, model.state_dict()))
    text.init_weights()
    with torch.no_grad():
        torch.testing.assert_close(text.embed(tokens), model.encode_text(tokens), rtol=1e-5, atol=1e-6)
    assert not [name for name, _ in text.named_modules() if 'visual' in name]


def original_names(tower):
    names = {'positional_embedding': 'text_pe', 'text_projection': 'text_proj'}
    state = {names.get(name, f'text_{name}'): value for name, value in tower.state_dict().items()}
    return {**state, 'text_attn_mask': tower.attn_mask}


def test_original_checkpoints_and_ours_fill_the_tower_too(tmp_path):
    source, tokens = encoder(), sentences(2)
    states = {
        'lang.text_encoder.': original_names(source.tower),
        'text_encoder.tower.': source.tower.state_dict(),
        '': source.tower.state_dict(),
    }
    for prefix, part in states.items():
        state = {'unet.weight': torch.ones(2)} if prefix else {}
        path = saved(tmp_path, {**state, **{prefix + name: value for name, value in part.items()}})
        torch.manual_seed(5)
        other = ClipText(TINY, dim=8, weights=path)
        assert torch.equal(other.embed(tokens), source.embed(tokens)), 'without init_weights, the first use fills it'


def test_original_names_become_ours():
    text = encoder()
    original = {f'lang.text_encoder.{name}': value for name, value in original_names(text.tower).items()}
    for ours, theirs in (('0', 'fc1'), ('2', 'fc2')):
        for part in ('weight', 'bias'):
            original[f'lang.Mlp.{theirs}.{part}'] = text.state_dict()[f'project.{ours}.{part}']
    renamed = remap_keys({**original, 'unet.weight': torch.ones(1), 'decoder.x_mask.0.bias': torch.ones(1)})
    assert renamed.keys() == text.state_dict().keys()
    assert all(torch.equal(renamed[name], value) for name, value in text.state_dict().items())


def test_a_tower_without_its_file_is_never_used(tmp_path):
    text = encoder(weights=str(tmp_path / 'none.bin'))
    with pytest.raises(CheckpointError, match=r'none\.bin.*clip-convnext-large'):
        text(sentences(1))
    text.load_state_dict(encoder().state_dict())  # a checkpoint brings it
    assert torch.equal(text(sentences(1)), encoder()(sentences(1)))


def test_other_weights_do_not_count_as_a_tower(tmp_path):
    text = encoder(weights=str(tmp_path / 'none.bin'))
    text.load_state_dict({'project.2.bias': torch.zeros(8)}, strict=False)
    with pytest.raises(CheckpointError, match=r'none\.bin'):
        text(sentences(1))


def test_a_file_of_another_model_is_refused(tmp_path):
    small = {'embed_dim': 12, 'text_cfg': {**TEXT, 'layers': 3}}
    path = saved(tmp_path, whole_model('CLIP').state_dict())
    with pytest.raises(CheckpointError, match=r'does not hold this text tower.*resblocks\.2'):
        encoder(small, weights=path).init_weights()


def test_names_of_open_clip_and_their_sizes():
    config = tower_config('convnext_large_d_320')
    assert (config['embed_dim'], config['text_cfg']['layers'], config['text_cfg']['vocab_size']) == (768, 16, 49408)
    tower = build_tower('ViT-S-32')
    text = MODELS.build({'type': 'ClipText', 'tower': 'ViT-S-32', 'dim': 4})
    assert text.width == tower.output_dim == 384
    assert text(torch.from_numpy(tokenize(['a chair', '']))).shape == (2, 4)


def test_wrong_towers_are_explained():
    with pytest.raises(ConfigError, match='convnext_large_d'):
        tower_config('convnext_large_d_32')
    with pytest.raises(ConfigError, match='reads tokens of timm/ViT-B-16-SigLIP'):
        tower_config('ViT-B-16-SigLIP')
    with pytest.raises(ConfigError, match='expected a name, or embed_dim and text_cfg'):
        tower_config({'width': 12})


def test_tokens_the_tower_does_not_know_are_refused():
    with pytest.raises(DataError, match='a token is 49407; this text tower knows 0 to 99'):
        encoder()(torch.from_numpy(tokenize(['a chair'])))


def test_a_tower_that_reads_less_gets_the_beginning_and_the_end_token():
    text = encoder({'embed_dim': 12, 'text_cfg': {**TEXT, 'context_length': 10}})
    tokens = sentences(2)
    cut = torch.cat([tokens[1:, :9], tokens.new_full((1, 1), END)], 1)
    with torch.no_grad():
        torch.testing.assert_close(text.embed(tokens)[1:], text.tower(cut))
