"""Metrics of mmdet3d and ours say the same of the same predictions."""

from dataclasses import replace

import pytest
from evaluation_samples import noisy_prediction
from openmmlab import random_scene, with_mmdet3d, without_mmdet3d

from uniseg3d.evaluation import UnifiedMetric
from uniseg3d.evaluation.metrics.det3d import Det3DMetric
from uniseg3d.registry import METRICS
from uniseg3d.structures import Prediction, SceneBatch
from uniseg3d.structures.det3d import from_det3d, to_det3d
from uniseg3d.utils.errors import ConfigError, DataError, MissingPackageError

SCENES = 6
SEMANTIC = {'task': 'semantic', 'metric': {'type': 'mmdet3d.SegMetric'}}
INSTANCE = {'task': 'instance', 'metric': {'type': 'mmdet3d.InstanceSegMetric'}}
PANOPTIC = {
    'task': 'panoptic',
    'metric': {
        'type': 'mmdet3d.PanopticSegMetric',
        'thing_class_inds': list(range(2, 20)),
        'stuff_class_inds': [0, 1],
        'min_num_points': 0,
        'id_offset': 2**16,
    },
}


def without_overlap(prediction):
    """Their instances are a number for each point."""
    instances = from_det3d(to_det3d(prediction, 'instance'), prediction.superpoints).instances
    return replace(prediction, instances=instances)


def measured(metric):
    for seed in range(SCENES):
        sample = random_scene(seed)
        metric.process({'batch': SceneBatch([sample])}, [without_overlap(noisy_prediction(sample, seed, lost=0.15))])
    return metric.evaluate(SCENES)


@with_mmdet3d
@pytest.mark.parametrize(
    ('config', 'names'),
    [
        (SEMANTIC, {'miou': 'miou', 'acc': 'acc', 'acc_cls': 'acc_cls'}),
        (INSTANCE, {'all_ap': 'all_ap', 'all_ap_50%': 'all_ap_50%', 'all_ap_25%': 'all_ap_25%'}),
        (PANOPTIC, {'pq': 'pq', 'sq_mean': 'sq', 'rq_mean': 'rq'}),
    ],
    ids=['semantic', 'instance', 'panoptic'],
)
def test_numbers_are_equal(config, names):
    ours = measured(UnifiedMetric(tasks=[config['task']]))
    theirs = measured(METRICS.build({'type': 'Det3DMetric', **config}))
    for name, own in names.items():
        print(f'{name}: theirs {theirs[f"det3d/{name}"]:.12f}, ours {ours[own]:.12f}')  # shown by pytest -s
        assert 0.02 < ours[own] < 0.98  # a comparison of zeros or ones would say nothing
        assert theirs[f'det3d/{name}'] == pytest.approx(ours[own], abs=1e-6)


@with_mmdet3d
def test_a_task_that_was_not_run_is_named():
    sample = random_scene(0)
    with pytest.raises(DataError, match='random0: the prediction has no semantic segmentation'):
        Det3DMetric(SEMANTIC['metric']).process({'batch': SceneBatch([sample])}, [Prediction('random0', sample.superpoints)])


def test_an_unknown_task_is_refused():
    with pytest.raises(ConfigError, match='semantic, instance, panoptic'):
        Det3DMetric(SEMANTIC['metric'], task='boxes')


@without_mmdet3d
def test_without_the_package_the_error_says_how_to_get_it():
    with pytest.raises(MissingPackageError, match=r'uniseg3d\[openmmlab\]'):
        Det3DMetric(**SEMANTIC)
