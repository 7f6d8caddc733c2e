"""Family viii: the original's state dict loads strictly, whatever container and layout it comes in."""

import copy

import pytest
import torch
from mmengine.logging import MessageHub
from uniseg3d_models import published_weights, small_model

from uniseg3d.engine.runner import SceneRunner
from uniseg3d.models.systems.uniseg3d_checkpoint import LOADED, RESHAPED, key_fates, load_backbone
from uniseg3d.utils.errors import CheckpointError
from uniseg3d.utils.weights import apply_weights, load_weights

# Some entries of every part: what the original calls them, and where they belong here.
PLACES = {
    'input_conv.0.weight': 'encoder.unet.input_conv.0.weight',
    'unet.blocks_tail.block0.i_branch.0.weight': 'encoder.unet.unet.blocks_tail.block0.i_branch.0.weight',
    'output_layer.0.running_var': 'encoder.unet.output_layer.0.running_var',
    'type_embedding.weight': 'queries.type_embedding.weight',
    'lang.text_encoder.text_pe': 'text_encoder.tower.positional_embedding',
    'lang.text_encoder.text_proj': 'text_encoder.tower.text_projection',
    'lang.text_encoder.text_transformer.resblocks.0.mlp.c_fc.bias': 'text_encoder.tower.transformer.resblocks.0.mlp.c_fc.bias',
    'lang.Mlp.fc2.weight': 'text_encoder.project.2.weight',
    'decoder.cls_proj_sem.4.bias': 'decoder.semantic_head.project.4.bias',
    'decoder.mask_pooling_proj.1.weight': 'decoder.class_head.pooled.1.weight',
    'decoder.x_mask.2.weight': 'decoder.mask_projection.2.weight',
    'decoder.cross_attn_layers.0.norm.bias': 'decoder.transformer.blocks.0.cross_norm.bias',
    'decoder.ffn_layers.0.net.3.weight': 'decoder.transformer.blocks.0.mlp.2.weight',
    'pred_iou_proj.4.bias': 'decoder.iou_head.4.bias',
    'criterion.contrastive_criterion.logit_scale': 'criterion.contrastive_criterion.logit_scale',
}


def old_layout(weights):
    """Sparse convolutions as spconv 1 stores them."""
    return {name: w.permute(1, 2, 3, 4, 0).contiguous() if w.ndim == 5 else w for name, w in weights.items()}


def loaded():
    model = small_model()
    assert not apply_weights(model, published_weights())
    return model


def same(first, second) -> bool:
    states = first.state_dict(), second.state_dict()
    return states[0].keys() == states[1].keys() and all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_entries_arrive_where_they_belong():
    weights, state = published_weights(), loaded().state_dict()
    for theirs, ours in PLACES.items():
        assert torch.equal(state[ours], weights[theirs]), theirs


def test_nothing_is_lost_and_nothing_stays_random():
    """Every entry but the mask, and every parameter but those of several clicks, which start without effect."""
    weights, model = published_weights(), loaded()
    used = sorted(float(w.double().sum()) for name, w in weights.items() if not name.endswith('text_attn_mask'))
    new = {name: w for name, w in model.state_dict().items() if 'click_pooling' in name}
    ours = sorted(float(w.double().sum()) for name, w in model.state_dict().items() if name not in new)
    assert ours == pytest.approx(used)
    assert not any(w.any() for name, w in new.items() if 'correction.2' in name)


@pytest.mark.parametrize('container', ['flat', 'mmengine', 'module', 'net'])
@pytest.mark.parametrize('layout', [dict, old_layout])
def test_every_container_and_layout(tmp_path, container, layout):
    weights = {name: w for name, w in layout(published_weights()).items() if not name.endswith('num_batches_tracked')}
    hub = MessageHub(f'hub-{container}-{layout.__name__}')
    hub.update_scalar('train/loss', 1.5)
    contents = {
        'flat': weights,
        'module': {'state_dict': {f'module.{name}': w for name, w in weights.items()}},
        'mmengine': {'meta': {'epoch': 3}, 'state_dict': weights, 'optimizer': {}, 'message_hub': hub.state_dict()},
        'net': {'net': weights},
    }
    torch.save(contents[container], tmp_path / 'model_best.pth')
    model = small_model()
    assert not apply_weights(model, load_weights(tmp_path / 'model_best.pth').state_dict)
    assert same(model, loaded())


def test_the_runner_loads_it_and_ours_as_well(tmp_path):
    torch.save({'state_dict': old_layout(published_weights())}, tmp_path / 'theirs.pth')
    torch.save({'state_dict': loaded().state_dict()}, tmp_path / 'ours.pth')
    for name in ('theirs', 'ours'):
        options = {'load_from': str(tmp_path / f'{name}.pth'), 'experiment_name': name, 'default_scope': 'uniseg3d'}
        runner = SceneRunner(small_model(), str(tmp_path), **options)
        runner.load_or_resume()
        assert same(runner.model.cpu(), loaded())


@pytest.mark.parametrize(
    ('change', 'sentence'),
    [
        ({'decoder.out_norm.bias': None}, r'1 missing in the file: decoder\.mask_head\.norm\.bias'),
        ({'type_embedding.weight': None}, r'missing in the file: .*queries\.type_embedding\.weight'),
        ({'decoder.out_score.weight': torch.ones(1)}, r'1 unknown to the model: decoder\.out_score\.weight'),
        ({'unet.extra.weight': torch.ones(1)}, r'1 unknown to the model: encoder\.unet\.unet\.extra\.weight'),
        ({'lang.Mlp.fc2.bias': torch.ones(3)}, r'1 of another shape: text_encoder\.project\.2\.bias: file \(\[3\]\)'),
        ({'input_conv.0.weight': torch.ones(2, 3, 3, 3, 2)}, r'of another shape: encoder\.unet\.input_conv\.0\.weight'),
    ],
)
def test_every_difference_is_an_error(change, sentence):
    weights = {name: w for name, w in {**published_weights(), **change}.items() if w is not None}
    with pytest.raises(CheckpointError, match=sentence):
        apply_weights(small_model(), weights)


def test_a_model_that_only_predicts_needs_no_temperature():
    model = small_model(criterion=None)
    assert not apply_weights(model, published_weights())
    assert torch.equal(model.queries.type_embedding.weight, published_weights()['type_embedding.weight'])


def backbone_file(tmp_path, **extra):
    """As SSTNet's file: spconv 1, the U-Net among parts of another network."""
    weights = {n: w for n, w in old_layout(published_weights()).items() if n.startswith(('input_conv', 'unet', 'output_layer'))}
    weights = {n: w for n, w in {**weights, 'semantic_linear.weight': torch.ones(20, 8), **extra}.items() if w is not None}
    torch.save({'net': weights}, tmp_path / 'sstnet_scannet.pth')
    return tmp_path / 'sstnet_scannet.pth'


def test_a_backbone_fills_the_unet_alone(tmp_path):
    path, model, start = backbone_file(tmp_path), small_model(), small_model()
    assert load_backbone(model.encoder.unet, path) == ['semantic_linear.weight']
    assert same(model.encoder, loaded().encoder)
    assert same(model.decoder, start.decoder)
    started = small_model(backbone_weights=str(path))
    started.init_weights()  # as the runner does before training
    assert same(started.encoder, model.encoder)
    fine = small_model()
    left = apply_weights(fine, load_weights(path).state_dict, allow_mismatch=True)  # as load_from in a config
    assert left.unexpected == ['semantic_linear.weight'] and not left.shapes
    assert same(fine.encoder, model.encoder)


def test_half_a_backbone_and_other_files_are_refused(tmp_path):
    with pytest.raises(CheckpointError, match=r'sstnet_scannet\.pth does not hold the sparse U-Net.*1 missing.*input_conv\.0'):
        load_backbone(small_model().encoder.unet, backbone_file(tmp_path, **{'input_conv.0.weight': None}))
    torch.save({'layer.weight': torch.ones(1)}, tmp_path / 'other.pth')
    with pytest.raises(CheckpointError, match='it has none of these weights'):
        load_backbone(small_model().encoder.unet, tmp_path / 'other.pth')
    with pytest.raises(CheckpointError, match='none of the weights fit the model'):
        apply_weights(small_model(), {'layer.weight': torch.ones(1)}, allow_mismatch=True)


def test_layouts_are_told_apart_in_the_report():
    weights = published_weights()
    own = small_model().state_dict()
    kernels = {name for name, w in weights.items() if w.ndim == 5}
    fates = {f.name: f.fate for f in key_fates(old_layout(weights), own)}
    changed = {name for name in kernels if old_layout(weights)[name].shape != weights[name].shape}
    assert {name for name, fate in fates.items() if fate == RESHAPED} == changed
    assert {f.fate for f in key_fates(weights, own) if f.name in kernels} == {LOADED}


def test_the_weights_of_the_caller_are_left_alone():
    weights = old_layout(published_weights())
    before = copy.deepcopy(weights)
    apply_weights(small_model(), weights)
    assert weights.keys() == before.keys()
    assert all(torch.equal(weights[name], before[name]) for name in weights)
