"""Scores by OpenScene's definition, and zero-shot labels, against the published program."""

import numpy as np
import pytest
import torch
from fixture_paths import fixture_folder

from uniseg3d.evaluation.functional.semantic import semantic_confusion, semantic_scores
from uniseg3d.evaluation.functional.zero_shot import openscene_scores
from uniseg3d.models.postprocess.zero_shot import network_logits, surer_features

IGNORE, NO_FEATURE = 255, 256
pytestmark = pytest.mark.full_set


def confusion(predicted, truth, classes):
    labels = torch.from_numpy(truth.astype(np.int64))
    known = labels != IGNORE
    labels = torch.where(known, labels, classes)
    guesses = torch.as_tensor(predicted.astype(np.int64))
    return semantic_confusion(torch.where(guesses == NO_FEATURE, classes, guesses), labels, classes)


@pytest.fixture(scope='module')
def metrics():
    return dict(np.load(fixture_folder('sas') / 'metrics.npz'))


@pytest.mark.parametrize('kind', ['', '_nofeature'])
def test_scores(metrics, kind):
    names = [name.removesuffix('_gt') for name in metrics if name.endswith('_gt')]
    assert names
    for name in names:
        classes = len(metrics[f'{name}_iou'])
        scores = openscene_scores(confusion(metrics[f'{name}_pred{kind}'], metrics[f'{name}_gt'], classes))
        np.testing.assert_allclose(scores.iou, metrics[f'{name}{kind}_iou'], atol=1e-9)
        np.testing.assert_allclose(scores.recall, metrics[f'{name}{kind}_acc'], atol=1e-9)
        np.testing.assert_allclose(scores.miou, metrics[f'{name}{kind}_miou'], atol=1e-9)
        np.testing.assert_allclose(scores.acc_cls, metrics[f'{name}{kind}_macc'], atol=1e-9)


def test_scores_while_training(metrics):
    for name in [name.removesuffix('_gt') for name in metrics if name.endswith('_gt')]:
        table = confusion(metrics[f'{name}_pred'], metrics[f'{name}_gt'], len(metrics[f'{name}_iou']))
        scores = openscene_scores(table)
        got = [scores.miou, scores.acc_cls, semantic_scores(table).acc]
        np.testing.assert_allclose(got, [metrics[f'{name}_val_{key}'] for key in ('miou', 'macc', 'allacc')], atol=1e-9)


@pytest.mark.parametrize('mode', ['distill', 'fusion', 'ensemble'])
def test_zero_shot_labels(mode):
    case = dict(np.load(fixture_folder('sas') / 'zero_shot.npz'))
    texts = torch.from_numpy(case['text_features'])
    count = sum(name.endswith('_gt') for name in case)
    truth = np.concatenate([case[f'scene{scene}_gt'] for scene in range(count)])
    for repeats in (1, 3):
        guesses = torch.cat([scene_labels(case, scene, texts, mode, repeats) for scene in range(count)]).numpy()
        assert (guesses == case[f'{mode}_rep{repeats}_pred']).mean() >= 0.995
        scores = openscene_scores(confusion(case[f'{mode}_rep{repeats}_pred'], truth, len(texts)))
        np.testing.assert_allclose(scores.miou, case[f'{mode}_rep{repeats}_miou'], atol=1e-9)
        np.testing.assert_allclose(scores.acc_cls, case[f'{mode}_rep{repeats}_macc'], atol=1e-9)


def scene_labels(case, scene, texts, mode, repeats):
    inverse = torch.from_numpy(case[f'scene{scene}_inverse'].astype(np.int64))
    lifted, seen = (torch.from_numpy(case[f'scene{scene}_{name}']) for name in ('feat2d', 'mask'))
    total = 0
    for repeat in range(repeats):
        network = torch.from_numpy(case[f'scene{scene}_feat3d_rep{repeat}'])
        chosen = {'distill': network, 'fusion': lifted}.get(mode)
        total = total + network_logits(surer_features(network, lifted, texts) if chosen is None else chosen, texts)
    labels = total.argmax(1)
    return (torch.where(seen, labels, NO_FEATURE) if mode == 'fusion' else labels)[inverse]
