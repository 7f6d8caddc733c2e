"""Predictions as data samples of mmdet3d, and back."""

from dataclasses import replace

import pytest
import torch
from evaluation_samples import mask_set, noisy_prediction
from openmmlab import random_scene, with_mmdet3d

from uniseg3d.structures import Superpoints
from uniseg3d.structures.det3d import det3d_points, from_det3d, to_det3d
from uniseg3d.utils.errors import ConfigError, DataError


@pytest.fixture
def pair():
    sample = random_scene(1)
    return sample, noisy_prediction(sample)


@with_mmdet3d
def test_there_and_back_nothing_changes(pair):
    sample, prediction = pair
    semantic = from_det3d(to_det3d(prediction, 'semantic'), sample.superpoints)
    assert semantic.scene_id == 'random1' and torch.equal(semantic.semantic, prediction.semantic)
    assert semantic.panoptic is None and semantic.instances is None
    panoptic = from_det3d(to_det3d(prediction, 'panoptic'), sample.superpoints).panoptic
    assert torch.equal(panoptic.semantic, prediction.panoptic.semantic)
    assert torch.equal(panoptic.segment, prediction.panoptic.segment)
    once = from_det3d(to_det3d(prediction, 'instance'), sample.superpoints)
    twice = from_det3d(to_det3d(once, 'instance'), sample.superpoints)
    for name in ('masks', 'scores', 'labels'):
        assert torch.equal(getattr(twice.instances, name), getattr(once.instances, name))


@with_mmdet3d
def test_overlapping_instances_leave_points_to_the_best(pair):
    sample, prediction = pair
    found = prediction.instances
    back = from_det3d(to_det3d(prediction, 'instance'), sample.superpoints).instances
    assert (found.masks.sum(0) > 1).any() and (back.masks.sum(0) <= 1).all()
    assert torch.equal(back.masks.any(0), found.masks.any(0)) and not (back.masks & ~found.masks).any()
    best = torch.where(found.masks, found.scores[:, None], 0).amax(0)
    assert torch.equal(torch.where(back.masks, back.scores[:, None], 0).amax(0), best)
    nothing = replace(prediction, instances=mask_set(found.masks[:0]))
    assert len(from_det3d(to_det3d(nothing, 'instance'), sample.superpoints).instances) == 0


@with_mmdet3d
def test_without_superpoints_every_point_is_one(pair):
    sample, prediction = pair
    back = from_det3d(to_det3d(prediction, 'instance'))
    assert len(back.superpoints) == len(sample.scene)
    small = from_det3d(to_det3d(prediction, 'instance'), sample.superpoints)
    assert torch.equal(back.instances.masks, small.per_point(small.instances.masks))


@with_mmdet3d
def test_the_truth_goes_along(pair):
    sample, prediction = pair
    annotation = to_det3d(prediction, 'instance', sample.targets).eval_ann_info
    things = sample.targets.instance >= 0
    assert (annotation['pts_semantic_mask'][~things] == 20).all()
    assert torch.equal(annotation['pts_semantic_mask'][things], sample.targets.semantic[things] - 2)
    assert set(to_det3d(prediction, 'panoptic', sample.targets).eval_ann_info) == {'pts_semantic_mask', 'pts_instance_mask'}


@with_mmdet3d
def test_another_cloud_is_refused(pair):
    _, prediction = pair
    with pytest.raises(DataError, match='expected one per point'):
        from_det3d(to_det3d(prediction, 'semantic'), Superpoints.of_points(3))
    with pytest.raises(ConfigError, match='boxes'):
        to_det3d(prediction, 'boxes')


@with_mmdet3d
def test_points_know_their_rows(pair):
    xyz = pair[0].scene.xyz.numpy()
    points = det3d_points(xyz, xyz * 9)
    points.flip('horizontal')
    assert points.tensor[:, 6].long().tolist() == list(range(len(xyz)))
    assert torch.equal(points.tensor[:, 3:6], torch.from_numpy(xyz * 9))
