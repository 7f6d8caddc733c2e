"""The metric over all tasks: what a perfect prediction gets, and what must change nothing."""

import json
import pickle
from dataclasses import replace

import pytest
import torch
from evaluation_samples import noisy_prediction, perfect_prediction, renumbered
from mmengine.logging import MMLogger
from model_samples import room_sample

from uniseg3d.evaluation import UnifiedMetric
from uniseg3d.evaluation.metrics.unified import FIRST_KEYS
from uniseg3d.registry import METRICS
from uniseg3d.structures import PointScene, Prediction, Sample, SceneBatch, Superpoints
from uniseg3d.utils.errors import ConfigError

TASKS = ('semantic', 'instance', 'panoptic', 'interactive', 'referring', 'objects')


def rooms(make=noisy_prediction, count=3):
    samples = [room_sample(seed, boxes=6) for seed in range(count)]
    return [(sample, make(sample)) for sample in samples]


def measured(pairs, size=None, **settings):
    metric = UnifiedMetric(**{'min_points': 1} | settings)
    for sample, prediction in pairs:
        metric.process({'batch': SceneBatch([sample])}, [prediction])
    return metric.evaluate(size or len(pairs))


def dark():
    """A scene without labels."""
    sample = Sample(PointScene('dark', torch.zeros(3, 3), torch.zeros(3, 3)), Superpoints(torch.tensor([0, 0, 1])))
    return sample, Prediction('dark', sample.superpoints, semantic=torch.tensor([1, 1]))


def test_a_perfect_prediction_gets_everything():
    metrics = measured(rooms(perfect_prediction))
    below = {key for key, value in metrics.items() if value != pytest.approx(1)}
    # absent classes count as 0 in the original's panoptic quality; who guesses is not perfect
    assert {key for key in below if 'baseline' not in key} == {'pq', 'sq', 'rq', 'pq_things'}
    assert tuple(metrics)[: len(FIRST_KEYS)] == FIRST_KEYS


def test_numbers_of_superpoints_mean_nothing():
    pairs = rooms()
    metrics = measured(pairs)
    assert 0 < metrics['all_ap'] < 1 and 0 < metrics['Point Prompt AP'] < 1 and 0 < metrics['pq_present'] < 1
    assert measured([renumbered(*pair, seed=k) for k, pair in enumerate(pairs)]) == pytest.approx(metrics, rel=1e-12)


def test_order_and_repetition_of_scenes_change_nothing():
    pairs = rooms()
    metrics = measured(pairs)
    assert measured(pairs[::-1]) == metrics
    assert measured([*pairs, pairs[1], pairs[0]]) == metrics


def test_batches_change_nothing():
    pairs = rooms()
    together = UnifiedMetric(min_points=1)
    together.process({'batch': SceneBatch([s for s, _ in pairs])}, [p for _, p in pairs])
    assert together.evaluate(3) == measured(pairs)


def test_processes_give_the_numbers_of_one():
    """What two processes with a padded sampler send each other, through a pickle as mmengine does."""
    pairs = rooms()
    parts = [UnifiedMetric(min_points=1) for _ in range(2)]
    for metric, share in zip(parts, ([0, 2], [1, 0]), strict=True):
        for index in share:
            metric.process({'batch': SceneBatch([pairs[index][0]])}, [pairs[index][1]])
    sent = [pickle.loads(pickle.dumps(metric.results)) for metric in parts]
    joined = [record for records in zip(*sent, strict=True) for record in records]
    for results in (joined, joined[:3]):
        assert UnifiedMetric(min_points=1).compute_metrics(results) == measured(pairs)


def test_records_are_small():
    sample = room_sample(0, boxes=6, density=2000)
    metric = UnifiedMetric(min_points=1)
    metric.process({'batch': SceneBatch([sample])}, [noisy_prediction(sample)])
    assert len(sample.scene) > 50_000
    assert len(pickle.dumps(metric.results)) < 20_000


@pytest.mark.parametrize('task', TASKS)
def test_a_task_alone_gives_its_part(task):
    pairs = rooms()
    metrics, alone = measured(pairs), measured(pairs, tasks=(task,))
    assert alone and {key: metrics[key] for key in alone} == alone


def test_tasks_that_no_prediction_carries_are_left_out():
    pairs = [(sample, replace(p, instances=None, texts=None, objects=None, panoptic=None)) for sample, p in rooms()]
    keys = set(measured(pairs))
    assert {'miou', 'Point Prompt mIoU'} <= keys
    assert not any(key.startswith(('all_', 'Text', 'objects', 'pq')) for key in keys)


def test_a_task_that_some_scenes_lack_is_measured_on_the_others():
    pairs = rooms()
    bare = (pairs[0][0], replace(pairs[0][1], texts=None))
    some, others = measured([bare, *pairs[1:]]), measured(pairs[1:])
    assert {key: some[key] for key in some if key.startswith('Text')} == {k: others[k] for k in others if k.startswith('Text')}
    assert some['all_ap'] == measured(pairs)['all_ap']


def test_scenes_without_labels_are_named_and_left_out(tmp_path):
    log = tmp_path / 'log.txt'
    MMLogger.get_instance('unified left out', log_file=str(log))
    pairs = rooms()
    assert measured([dark(), *pairs]) == measured(pairs)
    assert 'UnifiedMetric: 1 scenes without labels or prediction are left out: dark' in log.read_text()
    assert measured([dark()]) == {}


def test_a_scene_without_objects_and_prompts_is_normal():
    sample = room_sample(7, boxes=0)
    metrics = measured([(sample, perfect_prediction(sample))])
    assert metrics['miou'] == 1 and metrics['all_ap'] != metrics['all_ap']  # there is no class to average
    assert 'Point Prompt mIoU' not in metrics and 'Text Prompt mIoU' not in metrics


def test_small_instances_are_left_out_by_default():
    pairs = rooms()  # boxes of sixty points
    assert measured(pairs, min_points=100)['all_ap'] != measured(pairs, min_points=100)['all_ap']
    assert METRICS.build({'type': 'UnifiedMetric'}).tasks['instance'].min_points == 100


def test_the_dump_holds_all_numbers(tmp_path):
    path = tmp_path / 'sub' / 'numbers.json'
    pairs = rooms()
    metrics = measured(pairs, dump=str(path))
    content = json.loads(path.read_text(), parse_constant=lambda name: pytest.fail(f'{name} is no JSON'))
    assert content['metrics'] == pytest.approx(metrics)
    assert content['classes']['instance']['ap']['sofa'] is None  # no sofa in these rooms
    scene, prediction = pairs[1]
    assert content['scenes'][scene.scene.scene_id] == pytest.approx(measured([(scene, prediction)]), nan_ok=True)


def test_an_unknown_task_is_a_config_error():
    with pytest.raises(ConfigError, match=r'UnifiedMetric\.tasks must name some of semantic, .*; got depth'):
        UnifiedMetric(tasks=('semantic', 'depth'))
