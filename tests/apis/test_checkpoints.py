"""Released files to ours, with an account of every entry."""

import argparse
import json
import runpy
import sys
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from oneformer3d_files import SCANNET, SCANNET200, published, tiny_config
from uniseg3d_models import published_weights, small_model, small_model_config

from uniseg3d.apis.checkpoints import convert_checkpoint, save_weights
from uniseg3d.apis.scene_input import find_config
from uniseg3d.models.systems import dust3r_checkpoint
from uniseg3d.models.systems.dust3r_arguments import model_config
from uniseg3d.registry import MODELS
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import CheckpointError, ConfigError
from uniseg3d.utils.weights import apply_weights, load_weights

ROOT = Path(__file__).parents[2]


@pytest.fixture
def config(tmp_path):
    path = tmp_path / 'small.py'
    Config({'model': small_model_config()}).dump(path)
    return path


def released(tmp_path, keep=lambda name: True, **extra):
    """A file of spconv 1 among the state of a run."""
    weights = {
        n: w.permute(1, 2, 3, 4, 0).contiguous() if w.ndim == 5 else w for n, w in published_weights().items() if keep(n)
    }
    torch.save({'state_dict': {**weights, **extra}, 'optimizer': {'state': {}}}, tmp_path / 'released.pth')
    return tmp_path / 'released.pth'


@pytest.mark.parametrize('name', ['ours.safetensors', 'ours.pth'])
def test_a_whole_model(tmp_path, config, name):
    done = convert_checkpoint(released(tmp_path), tmp_path / name, config=config)
    expected, ours = small_model(), load_weights(tmp_path / name)
    apply_weights(expected, published_weights())
    assert not ours.metadata
    assert ours.state_dict.keys() == expected.state_dict().keys()
    assert all(torch.equal(value, ours.state_dict[n]) for n, value in expected.state_dict().items() if 'click_pooling' not in n)
    assert done.written == len(ours.state_dict)
    again = small_model()
    assert not apply_weights(again, ours.state_dict), 'our file is complete'
    assert len(done.records()) == len(published_weights()) + 4
    assert 'not needed: the model makes it itself: lang.text_encoder.text_attn_mask' in done.summary()


def test_what_was_trained_here_may_shrink(tmp_path):
    model = MODELS.build(find_config('point3r_tiny_rooms').model)
    (tmp_path / 'work').mkdir()
    torch.save({'state_dict': model.state_dict(), 'optimizer': {}}, tmp_path / 'work' / 'iter_3.pth')
    done = convert_checkpoint(
        tmp_path / 'work', tmp_path / 'ours.safetensors', 'point3r', ROOT / 'configs/point3r_tiny_rooms.py', half=True
    )
    ours = load_weights(tmp_path / 'ours.safetensors').state_dict
    assert done.written == len(ours) and {fate.fate for fate in done.fates} == {'loaded'}
    assert all(torch.equal(ours[name], value.half()) for name, value in model.state_dict().items())


def test_relatives_give_what_fits(tmp_path, config):
    backbone = ('input_conv.', 'unet.', 'output_layer.')
    shared = (*backbone, 'decoder.x_mask.')
    extra = {'decoder.out_cls.weight': torch.ones(19, 32), 'decoder.query_proj.2.bias': torch.ones(5)}
    path = released(tmp_path, lambda n: n.startswith(shared), **extra)
    done = convert_checkpoint(path, tmp_path / 'ours.safetensors', 'oneformer3d', config)
    written = load_weights(tmp_path / 'ours.safetensors').state_dict
    assert {name.split('.')[1] for name in written} == {'unet', 'mask_projection'}
    fates = {record['name']: record['fate'] for record in done.records()}
    assert fates['decoder.out_cls.weight'] == 'unknown to the model'
    assert fates['decoder.query_proj.2.bias'] == 'of another shape than in the model'
    assert fates['decoder.x_mask.0.weight'] == 'loaded'
    assert 'missing in the file: ' in done.summary()


@pytest.mark.parametrize(('path', 'semantic'), [(SCANNET, 'scannet20'), (SCANNET200, 'scannet200.stuff_first')])
def test_a_whole_oneformer3d(tmp_path, monkeypatch, path, semantic):
    """The file shows which of its two models it was made for."""
    (tmp_path / 'configs').mkdir()
    tiny_config(path, tmp_path / 'configs')
    monkeypatch.chdir(tmp_path)
    weights = published(path)
    torch.save({'state_dict': weights, 'meta': {}}, 'released.pth')
    done = convert_checkpoint('released.pth', 'ours.safetensors', 'oneformer3d')
    ours, model = load_weights('ours.safetensors').state_dict, MODELS.build(Config.fromfile(f'configs/{path.name}').model)
    assert done.written == len(ours) == len(weights) and not apply_weights(model, ours)
    assert torch.equal(ours['decoder.class_head.layers.2.bias'], weights['decoder.out_cls.2.bias'])
    assert {record['fate'].split(',')[0] for record in done.records()} == {'loaded'}
    assert len(model.class_names) == len(class_list(semantic))


def test_a_whole_oneformer3d_is_strict(tmp_path):
    config, weights = tiny_config(SCANNET, tmp_path), published(SCANNET)
    torch.save(weights | {'decoder.stranger': torch.ones(1)}, tmp_path / 'more.pth')
    with pytest.raises(CheckpointError, match=r'1 unknown to the model: decoder\.stranger'):
        convert_checkpoint(tmp_path / 'more.pth', tmp_path / 'ours.pth', 'oneformer3d', config)
    torch.save({n: w for n, w in weights.items() if not n.startswith('decoder.')}, tmp_path / 'backbone.pth')
    done = convert_checkpoint(tmp_path / 'backbone.pth', tmp_path / 'ours.pth', 'oneformer3d', config)
    assert done.written == sum(not name.startswith('decoder.') for name in weights)


def test_files_that_do_not_fit_are_refused(tmp_path, config):
    with pytest.raises(CheckpointError, match=r'missing in the file: text_encoder'):
        convert_checkpoint(released(tmp_path, lambda n: not n.startswith('lang.')), tmp_path / 'ours.pth', config=config)
    with pytest.raises(CheckpointError, match='does not hold the sparse U-Net'):
        convert_checkpoint(released(tmp_path, lambda n: 'block1' not in n), tmp_path / 'ours.pth', 'sstnet', config)
    for wrong in (('ours.npz', 'uniseg3d'), ('ours.pth', 'mask3d')):
        with pytest.raises(ConfigError, match='must be one of uniseg3d, sstnet, oneformer3d'):
            convert_checkpoint(released(tmp_path), tmp_path / wrong[0], wrong[1], config)
    assert not list(tmp_path.glob('ours*'))


def image_file(tmp_path, **changes):
    """A file as DUSt3R's authors write it, of a model small enough for a test: every width stated in its arguments."""
    said = "AsymmetricCroCo3DStereo(pos_embed='RoPE100', head_type='linear', enc_embed_dim=16, enc_depth=2, enc_num_heads=2, "
    said += 'dec_embed_dim=24, dec_depth=2, dec_num_heads=2, mlp_ratio=2)'
    model = MODELS.build(model_config({'model': said}, 'test'))
    listed = (ROOT / 'tests' / 'models' / 'systems' / 'dust3r_state_dict.txt').read_text().split('## 2.')[0].splitlines()
    names = {line.split('\t')[0]: line.split('\t')[0] for line in listed if '\t' in line}
    theirs = dust3r_checkpoint.remap_keys(names)
    weights = {theirs[own]: value.clone() for own, value in model.state_dict().items()} | {'mask_token': torch.zeros(1, 1, 24)}
    content = {'args': argparse.Namespace(model=changes.pop('said', said)), 'model': {**weights, **changes}, 'epoch': 3}
    torch.save(content, tmp_path / 'dust3r.pth')
    return model, tmp_path / 'dust3r.pth'


def test_files_of_image_models_say_what_they_are(tmp_path):
    model, path = image_file(tmp_path)
    done = convert_checkpoint(path, tmp_path / 'ours.safetensors', 'dust3r')
    ours = load_weights(tmp_path / 'ours.safetensors').state_dict
    assert ours.keys() == model.state_dict().keys() and all(torch.equal(ours[n], v) for n, v in model.state_dict().items())
    assert done.written == len(ours) and 'not needed: the model has no use for it: mask_token' in done.summary()


@pytest.mark.parametrize(
    ('changes', 'sentence'),
    [
        ({'stranger': torch.ones(1)}, 'does not fit the model: .*unknown to the model: stranger'),
        ({'enc_norm.bias': torch.ones(3)}, 'of another shape than in the model: enc_norm.bias'),
        ({'said': "__import__('os').system('true')"}, 'nothing of it was run'),
    ],
)
def test_files_of_image_models_that_do_not_fit(tmp_path, changes, sentence):
    _, path = image_file(tmp_path, **changes)
    with pytest.raises(CheckpointError, match=sentence):
        convert_checkpoint(path, tmp_path / 'ours.safetensors', 'dust3r')
    assert not (tmp_path / 'ours.safetensors').exists()


def test_some_files_need_a_config(tmp_path):
    _, path = image_file(tmp_path)
    with pytest.raises(ConfigError, match='name its config'):
        convert_checkpoint(path, tmp_path / 'ours.safetensors', 'point3r')


def test_views_are_written_whole(tmp_path):
    save_weights(tmp_path / 'view.safetensors', {'a': torch.arange(6.0).reshape(2, 3).T})
    assert torch.equal(load_weights(tmp_path / 'view.safetensors').state_dict['a'], torch.arange(6.0).reshape(2, 3).T)


def test_the_command(tmp_path, config, monkeypatch, capsys):
    path = released(tmp_path, lambda n: n.startswith(('input_conv.', 'unet.', 'output_layer.')))
    options = ['--system', 'sstnet', '--config', str(config), '--report', str(tmp_path / 'report.json')]
    monkeypatch.setattr(sys, 'argv', ['convert_checkpoint.py', str(path), str(tmp_path / 'unet.pth'), *options])
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(ROOT / 'tools' / 'convert_checkpoint.py'), run_name='__main__')
    assert end.value.code == 0
    printed = capsys.readouterr().out
    count = len(load_weights(tmp_path / 'unet.pth').state_dict)
    assert printed.endswith(f'unet.pth: {count} entries\n') and 'loaded, from the layout of spconv 1: ' in printed
    report = json.loads((tmp_path / 'report.json').read_text())
    assert {'fate', 'name', 'own', 'shape'} == report[0].keys()
