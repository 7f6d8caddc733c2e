"""Who answers for what, against plain loops."""

import pytest
import torch

from uniseg3d.models.criteria.assignment import GROUPS, assign, pair_costs
from uniseg3d.models.criteria.weights import MatchWeights
from uniseg3d.structures import MaskOutput

WEIGHTS = MatchWeights()


def plain_match(output, queries, targets):
    """Pairs of the rule as it is written down: instances first, then novel masks among the queries that are left."""
    scene = output.select(queries.rows('scene'))
    objects, count = torch.cat([targets.masks, targets.novel_masks]), len(targets.masks)
    pairs, taken = set(), set()
    for number, mask in enumerate(objects):
        if number == count:
            taken = {query for query, _ in pairs}
        labels = targets.labels[number : number + 1]
        cost = pair_costs(scene, torch.arange(len(scene)), mask[None].float(), labels, WEIGHTS)[:, 0].tolist()
        free = [q for q in range(len(scene)) if mask[queries.superpoint[q]] and q not in taken]
        best = sorted(free, key=lambda q: cost[q])[:2]
        if best and (len(best) == 1 or cost[best[0]] < cost[best[1]]):
            pairs.add((best[0], number))
    return pairs


@pytest.mark.parametrize('seed', range(5))
def test_scene_queries_as_in_plain_loops(scene, seed):
    outputs, queries, targets = scene(seed, queries=60, novel=4)
    matrix = assign(outputs, queries, targets, WEIGHTS).matrix
    objects = len(targets.masks) + len(targets.novel_masks)
    for head, output in enumerate(outputs):
        got = {tuple(pair) for pair in matrix[head, queries.rows('scene'), :objects].nonzero().tolist()}
        assert got == plain_match(output, queries, targets)
        assert got


def test_prompts_answer_for_what_they_mean_in_every_head(scene):
    outputs, queries, targets = scene()
    pairs = assign(outputs, queries, targets, WEIGHTS)
    for matrix in pairs.matrix:
        assert matrix[queries.rows('clicks')].nonzero()[:, 1].tolist() == targets.click_instance.tolist()
        told = matrix[queries.rows('texts')].nonzero()
        assert told.tolist() == [[t, len(targets.masks) + len(targets.novel_masks) + t] for t in range(3)]
        assert torch.equal(pairs.masks[told[:, 1]], targets.text_masks)


def test_pairs_are_sorted_and_know_their_group(scene):
    outputs, queries, targets = scene()
    assignment = assign(outputs, queries, targets, WEIGHTS)
    head, query, mask, group = (part.tolist() for part in assignment.pairs())
    assert sorted(zip(head, query, mask, strict=True)) == list(zip(head, query, mask, strict=True))
    for q, m, name in zip(query, mask, (GROUPS[g] for g in group), strict=True):
        rows = queries.rows('scene' if name == 'novel' else name)
        assert rows.start <= q < rows.stop
        if name in ('scene', 'novel'):
            assert (m >= len(targets.masks)) == (name == 'novel')


def test_labels_of_queries(scene):
    outputs, queries, targets = scene()
    pairs = assign(outputs, queries, targets, WEIGHTS)
    matrix = torch.zeros_like(pairs.matrix)
    matrix[1, 0, 1] = matrix[1, 0, 3] = True  # two instances: the last one counts
    matrix[1, 2, len(targets.masks)] = True  # a novel mask: nobody knows
    matrix[1, -1, -1] = True  # a sentence
    labels = type(pairs)(matrix, pairs.masks, pairs.labels, pairs.group).query_labels(void=5)
    assert (labels[[0, 2]] == 5).all()
    assert labels[1, [0, 2, -1, 1]].tolist() == [targets.labels[3], -1, targets.text_labels[-1], 5]


def test_groups_that_are_not_named_stay_without_pairs(scene):
    args = scene()
    pairs = assign(*args, WEIGHTS, groups=('scene',))
    assert set(pairs.pairs()[3].tolist()) == {0}
    assert len(pairs.masks) == len(args[2].masks) + len(args[2].text_masks)


def test_a_query_made_from_no_superpoint_may_answer_for_any_object(scene):
    outputs, queries, targets = scene(novel=0)
    queries.superpoint[:] = -1
    cost = pair_costs(outputs[0], torch.arange(30), targets.masks, targets.labels, WEIGHTS)
    matrix = assign(outputs, queries, targets, WEIGHTS, ('scene',)).matrix
    assert matrix[0, :30, :4].int().argmax(0).tolist() == cost.argmin(0).tolist()


def test_without_classes_only_masks_decide(scene):
    outputs, queries, targets = scene()
    bare = [MaskOutput(output.masks, output.embeddings) for output in outputs]
    masks_only = assign(outputs, queries, targets, MatchWeights(classes=0.0)).matrix
    assert torch.equal(assign(bare, queries, targets, WEIGHTS).matrix, masks_only)


@pytest.mark.parametrize(
    'sizes',
    [
        {'instances': 0, 'clicks': 0, 'texts': 0},
        {'instances': 0, 'clicks': 0, 'texts': 0, 'novel': 0},
        {'queries': 1},
        {'queries': 0},
        {'superpoints': 1, 'queries': 1},
    ],
)
def test_small_and_empty_scenes(scene, sizes):
    outputs, queries, targets = scene(**sizes)
    pairs = assign(outputs, queries, targets, WEIGHTS)
    assert pairs.matrix.shape == (3, len(queries), len(pairs.masks))
    assert pairs.query_labels(5).shape == (3, len(queries))
