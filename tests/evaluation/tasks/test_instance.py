from dataclasses import replace

import pytest
import torch
from evaluation_samples import mask_set, noisy_prediction, perfect_prediction
from model_samples import room_sample

from uniseg3d.evaluation.tasks import Classes, EvaluatedScene, InstanceTask, ObjectTask
from uniseg3d.text.class_lists import class_list

CLASSES = Classes.of(class_list('scannet20'))
SPLIT = replace(CLASSES, splits={'seen': ('chair', 'table'), 'unseen': ('bed',)})


def scenes(make=perfect_prediction):
    samples = [room_sample(seed, boxes=6) for seed in (0, 1)]
    return [EvaluatedScene(make(sample), sample.targets) for sample in samples]


def report(task, made):
    return task.report([task.record(scene) for scene in made])


def test_splits_are_means_over_their_classes():
    found = report(InstanceTask(SPLIT, min_points=1), scenes(noisy_prediction))
    per_class = found.classes['ap']
    assert 0 < found.metrics['seen_ap'] < 1
    assert found.metrics['seen_ap'] == pytest.approx((per_class['chair'] + per_class['table']) / 2)
    assert found.metrics['unseen_ap_50%'] == pytest.approx(found.classes['ap_50%']['bed'])
    assert found.metrics['all_ap'] == pytest.approx(sum(per_class[name] for name in ('chair', 'table', 'bed')) / 3)
    assert found.table.splitlines()[-1].startswith('unseen')


def test_an_open_class_list_is_averaged_over_its_splits():
    listed = class_list('scannet200.instance198')  # neither wall nor floor: nothing is stuff
    position = {name: listed.names.index(name) for name in ('chair', 'table', 'bed', 'pillow')}
    named = torch.tensor([position['chair'], position['table'], position['pillow']])
    made = scenes()
    for scene in made:
        targets = scene.targets
        kind = named[torch.arange(len(targets.labels)) % 3]
        semantic = torch.where(targets.instance >= 0, kind[targets.instance], len(listed))
        rows = torch.zeros(len(listed) + 1, targets.masks.shape[1], dtype=torch.bool)
        scene.targets = replace(targets, semantic=semantic, labels=kind, semantic_masks=rows)
        wrong = torch.where(kind == position['pillow'], position['bed'], kind)  # no bed is here: that costs no class
        scene.prediction = replace(scene.prediction, instances=mask_set(targets.masks, labels=wrong))
    metrics = report(InstanceTask(Classes.of(listed), min_points=1), made).metrics
    assert (metrics['base_ap'], metrics['novel_ap'], metrics['head_ap']) == pytest.approx((1, 0, 2 / 3))  # pillows are novel
    assert metrics['all_ap'] == pytest.approx(2 / 3)


def test_classes_without_objects_are_dashes_in_the_table():
    lines = report(InstanceTask(CLASSES, min_points=1), scenes()).table.splitlines()
    assert len(lines) == 2 + 18 + 1
    assert next(line for line in lines if line.startswith('sofa')).split()[1:] == ['-'] * 5


def test_objects_ignore_the_class_and_what_nobody_annotated():
    made = scenes()
    for scene in made:
        void = scene.targets.semantic_masks[-1:]  # a box of no known class
        found = torch.cat([scene.targets.masks, void])
        scene.prediction = replace(scene.prediction, objects=mask_set(found, labels=torch.full((len(found),), -1)))
    metrics = report(ObjectTask(CLASSES, min_points=1), made).metrics
    assert metrics == pytest.approx(
        dict.fromkeys((f'objects_{name}{level}' for name in ('ap', 'recall') for level in ('', '_50%', '_25%')), 1)
    )


def test_recall_counts_objects_whatever_the_scores():
    made = scenes()
    for scene in made:
        kept = scene.targets.masks[1:]
        wrong = scene.targets.masks.any(0, keepdim=True)  # all objects at once
        masks = torch.cat([wrong, kept])
        scene.prediction = replace(scene.prediction, objects=mask_set(masks, scores=torch.linspace(1, 0.1, len(masks))))
    metrics = report(ObjectTask(CLASSES, min_points=1), made).metrics
    objects = sum(len(scene.targets.masks) for scene in made)
    assert metrics['objects_recall'] == pytest.approx((objects - 2) / objects)
    assert metrics['objects_ap'] < metrics['objects_recall']


def test_tasks_that_were_not_run_leave_no_record():
    scene = scenes()[0]
    scene.prediction = replace(scene.prediction, instances=None, objects=None)
    assert InstanceTask(CLASSES).record(scene) is None and ObjectTask(CLASSES).record(scene) is None
