"""Segments of labelled photos, scored."""

import pytest
import torch

from uniseg3d.evaluation.metrics.photo_panoptic import PhotoPanopticMetric
from uniseg3d.structures.video_segments import VideoSegments
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.text.class_lists import class_list

NAMES = list(class_list('scannet20').names)
FLOOR, CHAIR = NAMES.index('floor'), NAMES.index('chair')


def photo(classes=None):
    """The lower half is floor, two chairs stand in the upper half, and one column is void."""
    instance = torch.ones(1, 1, 8, 8, dtype=torch.int64)
    instance[..., :4, :4], instance[..., :4, 4:] = 2, 3
    classes = NAMES if classes is None else classes
    semantic = torch.where(instance == 1, classes.index('floor'), classes.index('chair'))
    semantic[..., 0], instance[..., 0] = -1, 0
    return ViewBatch(['p'], torch.zeros(1, 1, 3, 8, 8), [['0']], semantic=semantic, instance=instance, classes=[classes])


def answer(maps, labels):
    count = len(labels)
    ids = torch.arange(1, count + 1)
    return VideoSegments(
        maps,
        ids,
        torch.tensor(labels, dtype=torch.int64),
        torch.ones(count),
        ids - 1,
        torch.zeros(count, *maps.shape),
        torch.zeros(count, 21),
    )


def scores(maps, labels, batch=None):
    metric = PhotoPanopticMetric('scannet20')
    metric.process({'batch': photo() if batch is None else batch}, [answer(maps, labels)])
    return metric.compute_metrics(metric.results)


def true_maps():
    maps = torch.ones(1, 8, 8, dtype=torch.int64)
    maps[:, :4, :4], maps[:, :4, 4:] = 2, 3
    return maps  # also where the photo is void: nothing is asked there


def test_what_is_right_scores_one():
    assert scores(true_maps(), [FLOOR, CHAIR, CHAIR]) == pytest.approx({'pq': 1, 'sq': 1, 'rq': 1, 'miou': 1})


def test_classes_are_matched_by_name():
    assert scores(true_maps(), [FLOOR, CHAIR, CHAIR], photo(['chair', 'floor']))['pq'] == pytest.approx(1)


def test_one_chair_instead_of_two():
    maps = true_maps().clamp(max=2)
    found = scores(maps, [FLOOR, CHAIR])
    assert found['miou'] == pytest.approx(1) and found['pq'] < 0.9, 'pixels are of the right class, segments are not'


def test_nothing_found():
    found = scores(torch.full((1, 8, 8), -1), [])
    assert found['pq'] == 0 and found['miou'] == 0
