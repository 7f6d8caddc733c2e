"""Released weights of PanSt3R: every listed name, the other release refused, extra text towers, and MUSt3R's to start from."""

import re

import pytest
import torch
from panst3r_archives import weights as archived
from panst3r_lists import RELEASES, full_model, listed, on_meta
from panst3r_models import small_model, whole_config, whole_model

from uniseg3d.apis.checkpoints import convert_checkpoint
from uniseg3d.models.systems.panst3r_checkpoint import (
    adapt_published,
    key_fates,
    load_must3r,
    release_of,
    unknown_names,
)
from uniseg3d.registry import MODELS
from uniseg3d.utils.errors import CheckpointError
from uniseg3d.utils.key_fates import LOADED, MISFIT, MISSING, UNKNOWN, UNNEEDED
from uniseg3d.utils.weights import apply_weights, load_weights


def test_the_lists_are_whole():
    assert len(listed('first')) == 1170 and sum(torch.Size(s).numel() for s in listed('first').values()) == 878_891_009
    second = {name: shape for name, shape in listed('second').items() if name.startswith('panoptic_decoder.')}
    assert len(second) == 212 and sum(torch.Size(shape).numel() for shape in second.values()) == 77_775_603


@pytest.mark.parametrize('release', RELEASES)
def test_the_whole_list_fills_the_whole_model(release):
    model = full_model(release)
    assert not apply_weights(model, on_meta(release))
    fates = key_fates(on_meta(release), model.state_dict())
    assert {fate.fate for fate in fates} == {LOADED, UNNEEDED}
    assert [fate.name for fate in fates if fate.fate == UNNEEDED] == ['dino_encoder.dinov2.embeddings.mask_token']


@pytest.mark.parametrize(('theirs', 'ours'), [RELEASES, RELEASES[::-1]])
def test_weights_of_the_other_release_are_refused_in_one_sentence(theirs, ours):
    own = 'configs/panst3r_v1.py' if theirs == 'first' else 'configs/panst3r_v2.py'
    sentence = f'weights are of the {theirs} release of PanSt3R, the model is of the {ours}, .*use {re.escape(own)}'
    with pytest.raises(CheckpointError, match=sentence):
        apply_weights(full_model(ours), on_meta(theirs))


def test_our_own_weights_of_the_other_release_are_refused_too():
    with pytest.raises(CheckpointError, match='of the second release'):
        apply_weights(small_model(), small_model(second=True).state_dict())
    assert not apply_weights(small_model(), small_model().state_dict())


def test_a_text_tower_in_the_file_is_ignored_and_anything_else_named():
    state = on_meta('first')
    extra = {f'panoptic_decoder.text_encoder.{i}': torch.empty(1, device='meta') for i in range(2)}
    assert not apply_weights(full_model('first'), state | extra)
    odd = {name: torch.empty(1, device='meta') for name in ('panoptic_decoder.odd', 'dino_encoder.dinov2.odd', 'odd')}
    assert unknown_names(state | extra | odd) == sorted(odd)
    with pytest.raises(CheckpointError, match=r'3 unknown to the model: dino_encoder\.dinov2\.odd, odd, panoptic_decoder\.odd'):
        apply_weights(full_model('first'), state | odd)


def test_what_lacks_or_differs_is_accounted_for():
    state = on_meta('first')
    state.pop('must3r_encoder.norm_enc.bias')
    state['panoptic_decoder.mask_transformer.lang_embed.bias'] = torch.empty(3, device='meta')
    state['odd'] = torch.empty(1, device='meta')
    fates = [f for f in key_fates(state, full_model('first').state_dict()) if f.fate not in (LOADED, UNNEEDED)]
    found = {(fate.fate, fate.name or fate.own) for fate in fates}
    assert found == {(MISSING, 'encoder.norm.bias'), (MISFIT, 'panoptic.class_head.project.bias'), (UNKNOWN, 'odd')}


def test_which_release_it_is_shows_in_names_published_or_ours():
    for release in RELEASES:
        ours = adapt_published(on_meta(release))
        assert release_of(on_meta(release)) == release_of(ours) == release
    assert release_of(['encoder.norm.bias']) is None


@pytest.mark.parametrize('published', [False, True])
def test_it_starts_from_must3r(tmp_path, published):
    """Ours as a work dir keeps it, and the original's, whose two parts lie side by side."""
    torch.manual_seed(1)
    parts = ('encoder.', 'decoder.', 'head.')
    donor = {name: torch.randn_like(p) for name, p in small_model().state_dict().items() if name.startswith(parts)}
    content = {'state_dict': donor}
    if published:
        encoder = {f'blocks_enc.{name[15:]}': p for name, p in donor.items() if name.startswith('encoder.blocks.')}
        encoder |= {f'patch_embed.{name[20:]}': p for name, p in donor.items() if name.startswith('encoder.patch_embed.')}
        encoder |= {f'norm_enc.{name[13:]}': p for name, p in donor.items() if name.startswith('encoder.norm.')}
        rules = {'later_embed': 'image2_embed', 'embed.': 'feat_embed_enc_to_dec.', 'blocks.': 'blocks_dec.'}
        rules |= {'feedback.': 'feedback_layer.', 'feedback_norm.': 'feedback_norm.', 'norm.': 'norm_dec.'}
        decoder = {}
        for name, value in donor.items():
            bare = name.removeprefix('decoder.')
            ours = next((rule for rule in rules if name != bare and bare.startswith(rule)), None)
            if ours is not None:
                decoder[rules[ours] + bare.removeprefix(ours)] = value
        decoder |= {f'head_dec.{name[5:]}': value for name, value in donor.items() if name.startswith('head.')}
        content = {'encoder': encoder, 'decoder': decoder}
    torch.save(content, tmp_path / 'must3r.pth')
    model = small_model()
    before = model.panoptic.query_features.clone()
    load_must3r(model, tmp_path / 'must3r.pth')
    state = model.state_dict()
    assert all(torch.equal(state[name], value) for name, value in donor.items())
    assert torch.equal(model.panoptic.query_features, before)


def test_a_copy_of_the_encoder_may_be_the_start_of_the_other_one(tmp_path):
    donor = small_model().state_dict()
    torch.save({'state_dict': donor}, tmp_path / 'must3r.pth')
    other = {'type': 'ViTEncoder', 'patch_embed': {'type': 'PatchEmbed', 'dim': 16}, 'depth': 1, 'heads': 2}
    model = small_model(image_encoder=other, must3r_weights=tmp_path / 'must3r.pth', copy_encoder=True)
    model.init_weights()
    assert torch.equal(model.image_encoder.norm.weight, model.encoder.norm.weight)
    learned = dict(model.image_encoder.named_parameters())
    assert all(torch.equal(value, donor[f'encoder.{name}']) and value.requires_grad for name, value in learned.items())


def test_a_file_that_is_no_must3r_is_refused(tmp_path):
    torch.save({'state_dict': {'encoder.norm.bias': torch.zeros(16)}}, tmp_path / 'odd.pth')
    with pytest.raises(CheckpointError, match=r'odd\.pth holds no MUSt3R .* missing in the file'):
        load_must3r(small_model(), tmp_path / 'odd.pth')


@pytest.mark.parametrize('name', ['iv_panst3r_v1', 'iv_panst3r_v2'])
@pytest.mark.full_set
def test_a_published_file_becomes_one_of_ours(tmp_path, name):
    """Through the converter, with an account of every entry; what it wrote fills the same model."""
    published = archived(name)
    torch.save({'weights': published, 'epoch': 3}, tmp_path / 'published.pth')
    (tmp_path / 'config.py').write_text(f'model = {whole_config(name)!r}\n')
    done = convert_checkpoint(tmp_path / 'published.pth', tmp_path / 'ours.safetensors', 'panst3r', tmp_path / 'config.py')
    assert len(done.fates) == len(published) and {fate.fate for fate in done.fates} == {LOADED, UNNEEDED}
    model, ours = MODELS.build(whole_config(name)), load_weights(tmp_path / 'ours.safetensors').state_dict
    assert not apply_weights(model, ours)
    for key, value in whole_model(name).state_dict().items():
        assert torch.equal(model.state_dict()[key], value), key
