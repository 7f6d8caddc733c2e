from dataclasses import replace

import numpy as np
import pytest
import torch
from evaluation_samples import mask_set, noisy_prediction, perfect_prediction
from model_samples import room_sample

from uniseg3d.evaluation.tasks import EvaluatedScene, ReferringTask


def scene_of(seed=0, make=perfect_prediction, kinds=(), boxes=6):
    """Boxes of three classes in turn, every fourth without class; the sixth is a table again."""
    sample = room_sample(seed, boxes=boxes)
    return EvaluatedScene(make(sample), replace(sample.targets, text_kinds=list(kinds)))


def metrics_of(*scenes):
    return ReferringTask().report([ReferringTask().record(scene) for scene in scenes]).metrics


def test_shares_above_the_levels():
    scene = scene_of(make=noisy_prediction)
    masks, meant = scene.prediction.texts.masks, scene.targets.text_masks
    points = zip(scene.prediction.per_point(masks), scene.prediction.per_point(meant), strict=True)
    iou = np.array([float((a & b).sum() / (a | b).sum()) for a, b in points])
    metrics = metrics_of(scene)
    assert metrics['Text Prompt mIoU'] == pytest.approx(iou.mean())
    assert metrics['Text_Precision_half'] == (iou > 0.5).mean()
    assert metrics['Text_Precision_quarter'] == (iou > 0.25).mean()


def test_the_baseline_knows_the_class_and_not_which():
    scene = scene_of()
    same = scene.targets.text_labels[:, None] == scene.targets.labels
    chance = (1 / same.sum(1)).mean()
    metrics = metrics_of(scene)
    assert len(same) == 5 and 0.5 < chance < 1
    for name in ('Text mIoU', 'Text acc@0.5', 'Text acc@0.25'):
        assert metrics[f'{name} baseline'] == pytest.approx(float(chance))
    assert metrics['Text acc@0.5 unique class baseline'] == 1
    assert metrics['Text acc@0.5 multiple class baseline'] == pytest.approx(1 / 2)


def test_kinds_stand_beside_their_baseline():
    scene = scene_of(kinds=['color', 'size', 'color', '', 'size'])
    wrong = scene.prediction.texts.masks.clone()
    wrong[1] = ~wrong[1]
    scene.prediction.texts = mask_set(wrong)
    report = ReferringTask().report([ReferringTask().record(scene)])
    assert report.metrics['Text acc@0.5 color'] == 1 and report.metrics['Text acc@0.5 size'] == 0.5
    labels, told = scene.targets.labels, scene.targets.text_labels
    expected = [1 / int((labels == told[k]).sum()) for k in (0, 2)]
    assert report.metrics['Text acc@0.5 color baseline'] == pytest.approx(np.mean(expected))
    assert report.classes['acc@0.25']['size'] == 0.5 and 'mIoU baseline' in report.classes
    rows = [line.split('  ')[0] for line in report.table.splitlines()[2:]]
    assert rows == ['all', 'unique class', 'multiple class', 'color', 'size']


def test_scenes_with_and_without_kinds_mix():
    metrics = metrics_of(scene_of(0, kinds=['name'] * 5), scene_of(1))
    assert metrics['Text acc@0.5 name'] == 1 and 'Text acc@0.5 ' not in metrics


def test_a_sentence_about_an_object_without_points_cannot_be_right():
    scene = scene_of()
    targets = scene.targets
    gone = targets.text_masks.clone()
    gone[0] = False
    ids = targets.text_object_ids.clone()
    ids[0] = 99
    scene.targets = replace(targets, text_masks=gone, text_object_ids=ids)
    metrics = metrics_of(scene)
    assert metrics['Text Prompt mIoU'] == metrics['Text mIoU on points'] == pytest.approx(4 / 5)


def test_no_sentences_anywhere():
    scene = scene_of(boxes=0)
    report = ReferringTask().report([ReferringTask().record(scene)])
    assert (report.metrics, report.table) == ({}, 'no sentences')
    scene.prediction = replace(scene.prediction, texts=None)
    assert ReferringTask().record(scene) is None
    assert torch.equal(scene.targets.labels, torch.zeros(0, dtype=torch.long))
