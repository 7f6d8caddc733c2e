"""Semantic scores of fixture family iv."""

import numpy as np
import pytest
import torch
from fixture_paths import fixture_folder

from uniseg3d.evaluation.functional.semantic import semantic_confusion, semantic_scores


@pytest.fixture(scope='module')
def archive():
    with np.load(fixture_folder('uniseg3d') / 'iv_metrics.npz') as file:
        return dict(file)


@pytest.fixture(scope='module')
def scores(archive):
    classes = len(archive['class_names']) - 1
    scenes = range(int(archive['n_scenes']))
    labels = ((archive[f'in/{s}/pred_semantic'], archive[f'in/{s}/gt_semantic']) for s in scenes)
    confusions = [semantic_confusion(torch.from_numpy(p), torch.from_numpy(t), classes) for p, t in labels]
    return semantic_scores(sum(confusions))


def test_means(archive, scores):
    assert scores.miou == pytest.approx(float(archive['out/miou']), abs=1e-12)
    assert scores.acc == pytest.approx(float(archive['out/semantic/acc']), abs=1e-12)
    assert scores.acc_cls == pytest.approx(float(archive['out/semantic/acc_cls']), abs=1e-12)


def test_iou_of_every_class(archive, scores):
    expected = archive['out/semantic/per_class_iou'][:-1]  # the last entry is void, never scored
    np.testing.assert_allclose(scores.iou.numpy(), expected, atol=1e-8)
