from dataclasses import replace

import numpy as np
import pytest
import torch
from evaluation_samples import THINGS, mask_set, noisy_prediction, perfect_prediction
from model_samples import room_sample

from uniseg3d.evaluation.functional.interactive import LEVELS, prompt_average_precision
from uniseg3d.evaluation.tasks import EvaluatedScene, InteractiveTask


def scene_of(seed=0, make=noisy_prediction, **changes):
    sample = room_sample(seed, boxes=6)
    return EvaluatedScene(replace(make(sample), **changes), sample.targets)


def point_iou(scene, mask, instance):
    inside = scene.prediction.per_point(mask)
    own = scene.targets.instance == instance
    return float((inside & own).sum() / (inside | own).sum())


def test_iou_is_measured_over_points():
    scene = scene_of()
    record = InteractiveTask().record(scene)
    pairs = zip(scene.prediction.clicks.masks, scene.targets.click_instance, strict=True)
    expected = [point_iou(scene, mask, instance) for mask, instance in pairs]
    np.testing.assert_allclose(record.iou, expected, rtol=1e-6)  # superpoints respect the objects here
    np.testing.assert_allclose(record.iou_on_points, expected, rtol=1e-6)


def test_superpoints_that_cut_objects_lower_what_is_reached_on_points_only():
    scene = scene_of(make=perfect_prediction)
    instance = scene.targets.instance
    lost = torch.rand(instance.shape, generator=torch.Generator().manual_seed(0)) < 0.1
    scene.targets = replace(scene.targets, instance=torch.where(lost, -1, instance))
    metrics = InteractiveTask().report([InteractiveTask().record(scene)]).metrics
    assert metrics['Point Prompt mIoU'] == 1
    assert 0.8 < metrics['Point Prompt mIoU on points'] < 0.95


def test_the_true_class_ranks_and_the_score_ranks_without_it():
    scene = scene_of()
    count, true = len(scene.targets.click_instance), scene.targets.labels[scene.targets.click_instance]
    probabilities = torch.rand(count, THINGS)
    score = torch.rand(count)
    scene.prediction.clicks = mask_set(scene.prediction.clicks.masks, score, probabilities=probabilities)
    record = InteractiveTask().record(scene)
    metrics = InteractiveTask().report([record]).metrics
    confidence = probabilities[torch.arange(count), true].numpy()
    expected = prompt_average_precision(record.iou, confidence, LEVELS).mean()
    assert metrics['Point Prompt AP'] == pytest.approx(expected)
    expected = prompt_average_precision(record.iou, score.numpy(), LEVELS).mean()
    assert metrics['Point Prompt AP label-free'] == pytest.approx(expected)


def test_models_without_classes_have_the_label_free_precision_only():
    scene = scene_of()
    scene.prediction.clicks = mask_set(scene.prediction.clicks.masks)
    metrics = InteractiveTask().report([InteractiveTask().record(scene)]).metrics
    assert 'Point Prompt AP' not in metrics and 'Point Prompt AP@50 label-free' in metrics


def test_rounds_of_clicks():
    scene = scene_of(make=perfect_prediction)
    right = scene.prediction.clicks.masks
    scene.prediction.click_rounds = torch.stack([torch.zeros_like(right), right, right])
    report = InteractiveTask().report([InteractiveTask().record(scene)])
    found = {key: value for key, value in report.metrics.items() if '@' in key and 'Prompt' not in key}
    goals = dict.fromkeys((f'NoC@{goal}' for goal in (50, 65, 80, 85, 90)), 2)
    assert found == pytest.approx({'IoU@1': 0, 'IoU@2': 1, 'IoU@3': 1} | goals)
    assert '2.00 clicks' in report.table


def test_no_clicks_anywhere():
    scene = scene_of(clicks=None)
    assert InteractiveTask().record(scene) is None
    none = torch.zeros(0, len(scene.prediction.superpoints), dtype=torch.bool)
    scene.targets = replace(scene.targets, click_instance=torch.zeros(0, dtype=torch.long))
    scene.prediction = replace(scene.prediction, clicks=mask_set(none), click_rounds=None)
    report = InteractiveTask().report([InteractiveTask().record(scene)])
    assert (report.metrics, report.table) == ({}, 'no clicks')
