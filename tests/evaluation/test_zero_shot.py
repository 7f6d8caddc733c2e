"""Measures of classes by texts."""

import json

import pytest
import torch
from lifted_scenes import CLASSES, lifted_sample

from uniseg3d.evaluation import ZeroShotMetric
from uniseg3d.evaluation.functional.semantic import semantic_confusion, semantic_scores
from uniseg3d.evaluation.functional.zero_shot import openscene_scores
from uniseg3d.structures import SceneBatch
from uniseg3d.structures.lifted_sample import ZeroShotPrediction


def measured(labels, sample, seen=None, **options):
    prediction = ZeroShotPrediction('a', sample.superpoints, point_labels=labels, seen=seen)
    metric = ZeroShotMetric(**options)
    metric.process({'batch': SceneBatch([sample])}, [prediction])
    return metric.evaluate(1)


def test_perfect_points():
    sample = lifted_sample()
    metrics = measured({'network': sample.targets.semantic}, sample)
    assert metrics['miou'] == metrics['macc'] == metrics['acc'] == 1
    assert metrics['miou_original'] == pytest.approx(2 / CLASSES)  # absent classes count as zero there
    assert not [key for key in metrics if 'unseen' in key]


def test_points_without_a_feature():
    sample = lifted_sample()
    labels = sample.targets.semantic.clone()
    labels[::2] = CLASSES
    seen = labels < CLASSES
    metrics = measured({'network': sample.targets.semantic, 'frames': labels}, sample, seen)
    assert metrics['frames_miou'] == pytest.approx(0.5, abs=0.05)
    assert metrics['frames_miou_original'] == pytest.approx(2 / CLASSES)  # they leave the IoU,
    assert metrics['frames_macc_original'] == pytest.approx(1 / CLASSES, abs=0.01)  # but not the recall
    assert metrics['miou_unseen'] == 1 and metrics['frames_miou_unseen'] == 0


def test_both_definitions_agree_where_all_classes_occur():
    generator = torch.Generator().manual_seed(0)
    truth, guess = (torch.randint(0, 5, (500,), generator=generator) for _ in range(2))
    confusion = semantic_confusion(guess, truth, 5)
    ours, theirs = semantic_scores(confusion), openscene_scores(confusion)
    assert ours.miou == pytest.approx(theirs.miou) and ours.acc_cls == pytest.approx(theirs.acc_cls)


def test_numbers_go_to_a_file(tmp_path):
    sample = lifted_sample()
    metrics = measured({'network': sample.targets.semantic}, sample, dump=str(tmp_path / 'all.json'))
    assert json.loads((tmp_path / 'all.json').read_text()) == metrics
