"""The half of SIU3R that is taught with labelled photos."""

import pytest
import torch
from siu3r_models import CRITERION, NAMES, SIZE, config, small_model, view_batch

from uniseg3d.models.systems.siu3r_checkpoint import load_masks
from uniseg3d.models.systems.siu3r_head import SIU3RHead
from uniseg3d.utils.errors import CheckpointError, ConfigError, DataError

PARTS = ('encoder', 'image_adapter', 'mask_decoder')


def make(**options):
    torch.manual_seed(0)
    parts = {name: part for name, part in config().items() if name in PARTS}
    fields = {'segments': CRITERION['segments'], 'classes': 'scannet20'} | options
    return SIU3RHead(**(parts | fields))


def photo(**options):
    batch = view_batch(views=1, scenes=2, **options)
    batch.depth = batch.camera_to_world = None
    return batch


def test_one_step_teaches_all_but_the_encoder():
    model = make().train()
    losses = model(photo(), 'loss')
    assert {'loss_ce', 'loss_mask', 'loss_dice', 'loss_ce_0'} <= losses.keys()
    sum(losses.values()).backward()
    taught = {name for name, p in model.named_parameters() if p.grad is not None and p.grad.abs().sum() > 0}
    assert {name.split('.')[0] for name in taught} == {'image_adapter', 'mask_decoder'}


@torch.no_grad()
def test_segments_of_photos_without_looking_at_the_truth():
    model, batch = make(segments=None).eval(), photo()
    found = model(batch, 'predict')
    assert len(found) == 2 and found[0].maps.shape == (1, *SIZE)
    batch.semantic = batch.instance = None
    assert torch.equal(model(batch, 'tensor')[1].masks(), model._forward(photo())[1].masks())


@torch.no_grad()
def test_it_says_what_siu3r_says():
    head, whole = make().eval(), small_model()
    whole.load_state_dict(head.state_dict(), strict=False)
    batch = view_batch(2)
    torch.testing.assert_close(head(batch)[0].masks(), whole._forward(batch)[0].masks.masks())


def test_siu3r_starts_from_its_file(tmp_path):
    head = make()
    torch.save({'state_dict': head.state_dict()}, tmp_path / 'h.pth')
    model, before = small_model(seed=1), small_model(seed=1)
    told = load_masks(model, tmp_path / 'h.pth')
    assert 'stay as they start' in told
    own, theirs, old = model.state_dict(), head.state_dict(), before.state_dict()
    for name in own:
        taken = name.startswith(('image_adapter.', 'mask_decoder.')) and 'classifier' not in name
        assert torch.equal(own[name], theirs[name] if taken else old[name]), name


def test_a_file_without_masks_is_refused(tmp_path):
    torch.save({'state_dict': {'head.weight': torch.zeros(3)}}, tmp_path / 'x.pth')
    with pytest.raises(CheckpointError, match=r'holds no image adapter|none of the weights fit'):
        load_masks(small_model(), tmp_path / 'x.pth')


def test_what_configs_and_batches_get_wrong():
    with pytest.raises(ConfigError, match=f'has {len(NAMES)} classes, the list coco133 has 133'):
        make(classes='coco133')
    with pytest.raises(ConfigError, match='no criterion'):
        make(segments=None)(photo(), 'loss')
    with pytest.raises(ConfigError, match='unknown'):
        make()(photo(), 'sing')
    with pytest.raises(DataError, match='lack intrinsics'):
        make()(view_batch(1, known=False))
