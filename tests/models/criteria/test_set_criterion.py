"""Means per group and head, against losses written out pair by pair."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from uniseg3d.models.criteria.assignment import GROUPS, assign
from uniseg3d.models.criteria.set_criterion import class_entropy, scene_terms
from uniseg3d.models.criteria.weights import LossWeights, MatchWeights
from uniseg3d.structures import MaskOutput
from uniseg3d.utils.errors import ConfigError

VOID = 0.1


@pytest.fixture
def assigned(scene):
    outputs, queries, targets = scene(seed=3)
    return outputs, queries, assign(outputs, queries, targets, MatchWeights())


def test_masks_pair_by_pair(assigned):
    outputs, queries, pairs = assigned
    terms = scene_terms(outputs, queries, pairs, LossWeights(), VOID)
    head, query, mask, group = pairs.pairs()
    for h in range(len(outputs)):
        for g in range(len(GROUPS)):
            mine = ((head == h) & (group == g)).nonzero()[:, 0]
            logits, targets = outputs[h].masks[query[mine]], pairs.masks[mask[mine]].float()
            assert terms.pairs[g, h] == len(mine) > 0
            torch.testing.assert_close(terms.entropy[g, h], F.binary_cross_entropy_with_logits(logits, targets))
            inside = logits.sigmoid()
            overlap = (2 * (inside * targets).sum(1) + 1) / (inside.sum(1) + targets.sum(1) + 1)
            torch.testing.assert_close(terms.dice[g, h], (1 - overlap).mean())


def test_iou_of_scene_and_novel_pairs_together(assigned):
    outputs, queries, pairs = assigned
    head, query, mask, group = pairs.pairs()
    own = (head == 1) & (group < 2)
    chosen, truth = outputs[1].masks[query[own]] >= 0, pairs.masks[mask[own]]
    iou = (chosen & truth).sum(1) / (chosen | truth).sum(1)
    expected = F.mse_loss(outputs[1].ious[query[own]], iou)
    torch.testing.assert_close(scene_terms(outputs, queries, pairs, LossWeights(), VOID).iou[1], expected)


def test_classes_as_torch_weighs_and_ignores_them(assigned):
    outputs, queries, pairs = assigned
    got = class_entropy(outputs, queries, pairs, VOID)
    weight = torch.ones(outputs[0].classes.shape[1])
    weight[-1] = VOID
    labels = pairs.query_labels(len(weight) - 1)
    for number, name in enumerate(GROUPS):
        for h, output in enumerate(outputs):
            rows = queries.rows(name)
            expected = F.cross_entropy(output.classes[rows], labels[h, rows], weight, ignore_index=-1)
            assert got[number, h].item() == pytest.approx(0.0 if name == 'novel' else expected.item(), rel=1e-5)


def test_a_sentence_of_unknown_class_teaches_no_class(assigned):
    outputs, queries, pairs = assigned
    unknown = replace(pairs, labels=torch.full_like(pairs.labels, -1))
    assert class_entropy(outputs, queries, unknown, VOID)[GROUPS.index('texts')].tolist() == [0.0] * len(outputs)


def test_what_weighs_nothing_need_not_be_there(assigned):
    outputs, queries, pairs = assigned
    bare = [MaskOutput(output.masks, output.embeddings) for output in outputs]
    terms = scene_terms(bare, queries, pairs, LossWeights(classes=0, iou=0), VOID)
    assert not terms.classes.any() and not terms.iou.any()
    assert torch.equal(terms.dice, scene_terms(outputs, queries, pairs, LossWeights(), VOID).dice)


@pytest.mark.parametrize(('missing', 'weights'), [('classes', {'iou': 0}), ('ious', {'classes': 0})])
def test_what_weighs_something_must_be_there(assigned, missing, weights):
    outputs, queries, pairs = assigned
    setattr(outputs[0], missing, None)
    with pytest.raises(ConfigError, match=f'asks for {missing}'):
        scene_terms(outputs, queries, pairs, LossWeights(**weights), VOID)
