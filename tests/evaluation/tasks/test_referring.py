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


def several(scene):
    """The five sentences of a scene mean two objects, none, the second, none and one that has no points."""
    targets = scene.targets
    meant = torch.zeros(5, 5, dtype=torch.bool)
    meant[0, [0, 3]] = meant[2, 1] = True
    masks = meant.float() @ targets.masks.float() > 0
    ids = torch.tensor([-1, -1, int(targets.object_ids[1]), -1, 99])
    scene.targets = replace(targets, text_masks=masks, text_object_ids=ids, text_objects=meant)
    scene.prediction = replace(scene.prediction, texts=mask_set(masks))
    return scene


def test_sentences_that_mean_several_objects_or_none():
    scene = several(scene_of(kinds=['mt', 'zt', 'st+x', 'zt', 'st']))
    report = ReferringTask((0, 1)).report([ReferringTask((0, 1)).record(scene)])
    metrics = report.metrics
    assert metrics['Text Prompt mIoU'] == metrics['Text mIoU on points'] == pytest.approx(4 / 5)  # silence is right twice
    assert metrics['Text F1@0.5'] == metrics['Text F1@0.25'] == pytest.approx(4 / 5)
    assert metrics['Text acc@0.5 several objects'] == metrics['Text acc@0.5 no object'] == 1
    assert metrics['Text acc@0.5 x'] == 1 and metrics['Text acc@0.5 st'] == metrics['Text choice'] == 0.5
    assert report.classes['F1@0.5'] == {
        'unique class': 1,
        'multiple class': 0,
        'several objects': 1,
        'no object': 1,
        'mt': 1,
        'st': 0.5,
        'x': 1,
        'zt': 1,
    }
    assert 'F1@0.5' in report.table


def test_one_mask_over_two_objects_counts_as_both_and_half_of_them_as_one():
    scene = several(scene_of())
    masks = scene.prediction.texts.masks.clone()
    masks[0] &= ~scene.targets.masks[3]  # only one of the two that are meant: F1 of 2 / 3
    masks[1] = scene.targets.masks[2]  # something where nothing is meant: 0
    scene.prediction = replace(scene.prediction, texts=mask_set(masks))
    metrics = ReferringTask((0, 1)).report([ReferringTask((0, 1)).record(scene)]).metrics
    assert metrics['Text F1@0.5'] == pytest.approx((2 / 3 + 0 + 1 + 1 + 0) / 5)
    assert metrics['Text acc@0.5 no object'] == 0.5
    whole = replace(scene.prediction, panoptic=None)  # without things the mask over both is one object
    scene = several(EvaluatedScene(whole, scene.targets))
    (f1, _), *_ = ReferringTask().record(scene).f1
    assert f1 in (0, 2 / 3)


def test_plain_sentences_have_a_choice_and_no_f1():
    metrics = metrics_of(scene_of())
    assert metrics['Text choice'] == 1 and 'Text F1@0.5' not in metrics
    scene = scene_of()
    scene.prediction = replace(scene.prediction, texts=mask_set(scene.prediction.texts.masks.roll(1, 0)))
    assert metrics_of(scene)['Text choice'] == 0
