"""Who sees whom, against one attention over all queries with a Q x Q mask."""

import pytest
import torch

from uniseg3d.models.layers.group_attention import GroupAttention
from uniseg3d.utils.errors import DataError

DIM, HEADS = 12, 3
COUNTS = {'scene': 6, 'clicks': 3, 'texts': 4}
SIGHTS = [(), ('texts',), ('clicks',), ('clicks', 'texts')]


def make_layer(sees_scene):
    torch.manual_seed(0)
    return GroupAttention(DIM, HEADS, sees_scene).double()


def make_queries(counts, seed=1):
    generator = torch.Generator().manual_seed(seed)
    rows = sum(counts.values())
    return (torch.randn(rows, DIM, generator=generator, dtype=torch.float64) for _ in range(2))


def interaction_mask(counts, sees_scene):
    """The Q x Q mask of the definition, pair by pair: true = blocked."""
    group = [name for name, count in counts.items() for _ in range(count)]
    blocked = torch.ones(len(group), len(group), dtype=torch.bool)
    for i, mine in enumerate(group):
        for j, theirs in enumerate(group):
            blocked[i, j] = not (i == j or (theirs == 'scene' and (mine == 'scene' or mine in sees_scene)))
    return blocked


def masked_twin(layer, queries, position, counts):
    placed = queries if position is None else queries + position
    seen = layer.attention.look_at(placed, queries)
    return layer.attention(placed, seen, interaction_mask(counts, layer.sees_scene))


@pytest.mark.parametrize('placed', [False, True])
@pytest.mark.parametrize('sees_scene', SIGHTS)
def test_equals_the_masked_attention_forward_and_backward(sees_scene, placed):
    gradients, results = [], []
    for look in (lambda layer, q, p: layer(q, COUNTS, p)[0], lambda layer, q, p: masked_twin(layer, q, p, COUNTS)):
        layer = make_layer(sees_scene)
        queries, position = (t.requires_grad_() for t in make_queries(COUNTS))
        result = look(layer, queries, position if placed else None)
        (result * torch.linspace(-1, 1, result.numel(), dtype=torch.float64).view_as(result)).sum().backward()
        results.append(result)
        gradients.append([t.grad for t in (queries, position, *layer.parameters()) if t.grad is not None])
    torch.testing.assert_close(*results)
    assert len(gradients[0]) == len(gradients[1]) == 5 + placed
    for ours, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize('counts', [
    {'scene': 6, 'clicks': 0, 'texts': 0}, {'scene': 6, 'clicks': 0, 'texts': 2}, {'scene': 1, 'clicks': 1, 'texts': 0},
    {'scene': 0, 'clicks': 0, 'texts': 0}, {'scene': 5},
])  # fmt: skip
@pytest.mark.parametrize('sees_scene', SIGHTS)
def test_empty_groups(counts, sees_scene):
    layer = make_layer(sees_scene)
    queries, _ = make_queries(counts)
    torch.testing.assert_close(layer(queries, counts)[0], masked_twin(layer, queries, None, counts))


@pytest.mark.parametrize('sees_scene', SIGHTS)
def test_prompts_asked_later_get_the_same(sees_scene):
    layer = make_layer(sees_scene)
    queries, position = make_queries(COUNTS)
    together = layer(queries, COUNTS, position)[0]
    start = COUNTS['scene']
    alone, scene = layer(queries[:start], {'scene': start}, position[:start])
    torch.testing.assert_close(alone, together[:start])
    for row, group in ((start + 1, 'clicks'), (-1, 'texts')):
        one = layer(queries[row][None], {group: 1}, position[row][None], scene)[0]
        torch.testing.assert_close(one[0], together[row])


def test_a_prompt_that_sees_the_scene_depends_on_it_and_another_does_not():
    layer = make_layer(('texts',))
    queries, _ = make_queries(COUNTS)
    changed = queries.clone()
    changed[0] += 1.0
    same = (layer(queries, COUNTS)[0] - layer(changed, COUNTS)[0]).abs().amax(1) == 0
    assert same.tolist() == [False] * 6 + [True] * 3 + [False] * 4


def test_prompts_that_see_the_scene_need_one():
    queries, _ = make_queries({'texts': 2})
    with pytest.raises(DataError, match='ask the scene queries first'):
        make_layer(('texts',))(queries, {'texts': 2})
    assert make_layer(())(queries, {'texts': 2})[0].shape == (2, DIM)
