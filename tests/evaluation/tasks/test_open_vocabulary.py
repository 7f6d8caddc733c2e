"""Average precision of named masks, and its control with the names exchanged."""

from dataclasses import replace

import pytest
import torch
from evaluation_samples import mask_set, perfect_prediction
from model_samples import room_sample

from uniseg3d.evaluation import UnifiedMetric
from uniseg3d.evaluation.tasks import Classes, EvaluatedScene, OpenVocabularyTask
from uniseg3d.structures import SceneBatch
from uniseg3d.text.class_lists import class_list

BASE, NOVEL = ('round table', 'bed'), ('oval table',)
NAMES = Classes(BASE + NOVEL, stuff=(), splits={'base': BASE, 'novel': NOVEL})
CALLED = ['bed', 'round table', 'oval table', 'a ghost', 'bed']


def named_scene(seed=0, called=CALLED, said=None, masks=None):
    """A room whose objects are called ``called``, and a model that finds each and says ``said``."""
    sample = room_sample(seed, boxes=6)
    called = called[: len(sample.targets.labels)]
    targets = replace(sample.targets, object_names=called)
    place = {name: index for index, name in enumerate(NAMES.names)}
    said = called if said is None else said
    kept = [k for k, name in enumerate(said) if name in place]
    labels = torch.tensor([place[said[k]] for k in kept], dtype=torch.long)
    named = mask_set(targets.masks[kept], labels=labels)
    return replace(sample, targets=targets), replace(perfect_prediction(sample), named=named)


def report(*pairs):
    task = OpenVocabularyTask(NAMES, min_points=1)
    return task.report([task.record(EvaluatedScene(found, sample.targets)) for sample, found in pairs])


def test_right_names_get_everything_and_exchanged_ones_less():
    metrics = report(named_scene(0), named_scene(1)).metrics
    groups = ('', ' base', ' novel', ' shuffled', ' base shuffled', ' novel shuffled')
    assert list(metrics) == [f'open_ap{level}{group}' for group in groups for level in ('', '_50%', '_25%')]
    assert metrics['open_ap'] == metrics['open_ap_50% base'] == metrics['open_ap_25% novel'] == 1
    assert metrics['open_ap_50% shuffled'] < 0.7


def test_a_wrong_name_costs_its_split_alone():
    wrong = ['bed', 'round table', 'round table', 'a ghost', 'bed']
    found = report(named_scene(said=wrong))
    assert found.metrics['open_ap_50% novel'] == 0
    assert found.metrics['open_ap_50% base'] > 0.7
    assert found.classes['open_ap_50%']['bed'] == 1
    assert [line.split()[0] for line in found.table.splitlines()[-6:]] == ['mean'] * 6


def test_who_says_everything_of_everything_learns_nothing_from_names():
    """Each mask under every name with one score: exchanging the names changes nothing."""
    sample, found = named_scene()
    masks = sample.targets.masks.repeat(3, 1)
    labels = torch.arange(3).repeat_interleave(len(sample.targets.masks))
    metrics = report((sample, replace(found, named=mask_set(masks, scores=torch.ones(len(masks)), labels=labels)))).metrics
    for group in ('', ' base', ' novel'):
        assert metrics[f'open_ap_50%{group}'] == pytest.approx(metrics[f'open_ap_50%{group} shuffled'])


def test_objects_that_nobody_can_name_are_not_asked_for():
    with_ghost, without = named_scene(), named_scene(called=['bed', 'round table', 'oval table', '', 'bed'])
    assert report(with_ghost).metrics == report(without).metrics


def test_scenes_without_names_or_answers_leave_no_record():
    task = OpenVocabularyTask(NAMES)
    sample, found = named_scene()
    assert task.record(EvaluatedScene(replace(found, named=None), sample.targets)) is None
    assert task.record(EvaluatedScene(found, replace(sample.targets, object_names=[]))) is None


def test_nothing_found_is_zero():
    sample, found = named_scene()
    metrics = report((sample, replace(found, named=mask_set(sample.targets.masks[:0])))).metrics
    assert metrics['open_ap'] == metrics['open_ap shuffled'] == 0


def test_the_metric_asks_for_a_list_of_names(tmp_path):
    path = tmp_path / 'names.json'
    path.write_text('{"names": ["round table", "bed", "oval table"], "novel": ["oval table"]}')
    metric = UnifiedMetric(min_points=1, names=str(path))
    sample, found = named_scene()
    metric.process({'batch': SceneBatch([sample])}, [found])
    metrics = metric.evaluate(1)
    assert metrics['open_ap_50% novel'] == 1 and metrics['all_ap'] == 1
    other = UnifiedMetric(min_points=1)
    other.process({'batch': SceneBatch([sample])}, [found])
    assert not any(key.startswith('open_ap') for key in other.evaluate(1))


def test_splits_of_which_no_object_is_there_are_left_out():
    sample, found = named_scene(called=['bed', 'round table', 'a ghost', 'a ghost', 'bed'])
    metrics = report((sample, found)).metrics
    assert [key for key in metrics if 'novel' in key] == [] and metrics['open_ap base'] == metrics['open_ap'] == 1
    nobody = report(named_scene(called=['a ghost'] * 5)).metrics
    assert set(nobody) == {f'open_ap{level}{group}' for group in ('', ' shuffled') for level in ('', '_50%', '_25%')}


def test_scannet200s_list_is_averaged_over_its_groups():
    listed = Classes.of(class_list('scannet200.instance198'))
    called = ['chair', 'candle', 'piano', 'table', 'bed']
    sample = room_sample(0, boxes=6)
    sample = replace(sample, targets=replace(sample.targets, object_names=called[: len(sample.targets.labels)]))
    labels = torch.tensor([listed.names.index(name) for name in sample.targets.object_names])
    labels[1] = listed.names.index('chair')  # the candle, of the tail
    found = replace(perfect_prediction(sample), named=mask_set(sample.targets.masks, labels=labels))
    task = OpenVocabularyTask(listed, min_points=1)
    metrics = task.report([task.record(EvaluatedScene(found, sample.targets))]).metrics
    groups = ('head', 'common', 'tail', 'base', 'novel')
    assert all(f'open_ap_50% {group}' in metrics for group in groups)
    member = next(group for group in groups[:3] if 'candle' in listed.splits[group])
    assert metrics[f'open_ap_50% {member}'] < 1 and metrics['open_ap_50%'] > 0.5
