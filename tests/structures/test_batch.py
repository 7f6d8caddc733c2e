from dataclasses import replace

import pytest
import torch
from model_samples import room_sample

from uniseg3d.structures import Clicks, Prompts, Sample, SceneBatch, Superpoints
from uniseg3d.utils.errors import DataError


def test_a_batch_counts_and_shifts_superpoints():
    samples = [room_sample(0), room_sample(1, boxes=2), room_sample(2)]
    batch = SceneBatch(samples)
    assert len(batch) == 3 and list(batch) == samples
    assert batch.point_counts == [len(s.scene) for s in samples]
    ids = batch.superpoint_ids.split(batch.point_counts)
    start = 0
    for sample, shifted in zip(samples, ids, strict=True):
        assert torch.equal(shifted, sample.superpoints.ids + start)
        start += len(sample.superpoints)
    assert batch.scene_ids == ['room0000_00', 'room0001_00', 'room0002_00']


def test_moving_a_batch_moves_targets_prompts_and_superpoints():
    moved = SceneBatch([room_sample()]).to('meta').samples[0]
    tensors = (moved.scene.xyz, moved.prompts.texts.tokens, moved.targets.masks)
    assert {tensor.device.type for tensor in tensors} == {'meta'}


def test_an_empty_batch_is_refused():
    with pytest.raises(DataError, match='at least one scene'):
        SceneBatch([])


def test_superpoints_of_another_scene_are_refused():
    one, other = room_sample(0), room_sample(1, boxes=1)
    with pytest.raises(DataError, match=rf'room0000_00: {len(other.scene)} superpoint ids for {len(one.scene)} points'):
        Sample(one.scene, other.superpoints)


@pytest.mark.parametrize('field', ['semantic', 'masks', 'click_instance', 'text_masks'])
def test_targets_must_fit_scene_superpoints_and_prompts(field):
    sample = room_sample()
    targets, m = sample.targets, len(sample.superpoints)
    if field == 'masks':
        bad = replace(
            targets, **{k: getattr(targets, k)[:, : m - 1] for k in ('masks', 'novel_masks', 'semantic_masks', 'text_masks')}
        )
    elif field == 'semantic':
        bad = replace(targets, **{k: getattr(targets, k)[:-1] for k in ('semantic', 'instance', 'panoptic')})
    elif field == 'click_instance':
        bad = replace(targets, click_instance=targets.click_instance[:-1])
    else:
        bad = replace(targets, **{k: getattr(targets, k)[:-1] for k in ('text_masks', 'text_labels', 'text_object_ids')})
    with pytest.raises(DataError, match=rf'Targets\.{field}'):
        Sample(sample.scene, sample.superpoints, sample.prompts, bad)


def test_a_scene_needs_neither_prompts_nor_targets():
    scene = room_sample().scene
    assert Sample(scene, Superpoints.of_points(len(scene))).targets is None


@pytest.mark.parametrize(('point', 'superpoint', 'field'), [(10**6, 0, 'point'), (-1, 0, 'point'), (0, 77, 'superpoint')])
def test_clicks_hit_the_scene(point, superpoint, field):
    scene = room_sample().scene
    superpoints = Superpoints(torch.arange(len(scene)) % 4)
    prompts = Prompts(Clicks.single(torch.tensor([point]), torch.tensor([superpoint])))
    with pytest.raises(DataError, match=rf'Clicks\.{field}: expected values from 0 to below'):
        Sample(scene, superpoints, prompts)
