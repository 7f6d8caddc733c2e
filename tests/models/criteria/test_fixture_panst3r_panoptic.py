"""Family v of PanSt3R: matching over views and all its losses, with gradients."""

from collections.abc import Iterator

import pytest
import torch
from panst3r_archives import archive, assert_equals, setting, tensor

from uniseg3d.models.criteria.view_panoptic import ViewPanopticCriterion
from uniseg3d.models.criteria.view_truth import ViewTruth, view_truths, vocabulary_of
from uniseg3d.models.decoders.panoptic import ViewAnswers
from uniseg3d.structures.view_batch import ViewBatch

SIGMOID, SOFTMAX = (f'v_matcher_losses_{mode}' for mode in ('sigmoid', 'softmax'))
NAMES = [SIGMOID, pytest.param(SOFTMAX, marks=pytest.mark.full_set)]


def batch(name: str) -> ViewBatch:
    """The labels of the case; the original counts classes over the sets of its samples one by one."""
    instance, semantic = tensor(name, 'in.pan_inst_id'), tensor(name, 'in.pan_cls_id')
    size, views = len(instance), instance.shape[1]
    classes = [names.split(';') for names in archive(name)['in.class_set'].tolist()]
    pictures = torch.zeros(size, views, 3, *instance.shape[2:])
    ids, names = [f'{row}' for row in range(size)], [[f'{view}' for view in range(views)]] * size
    return ViewBatch(ids, pictures, names, semantic=semantic, instance=instance, classes=classes)


def truths(name: str) -> list[ViewTruth]:
    return view_truths(batch(name), archive(name)['cfg.classes'].tolist())


def heads(name: str) -> list[str]:
    return [*(f'aux{head}' for head in range(int(setting(name, 'aux_layers')))), 'final']


def answers(name: str, head: str) -> tuple[torch.Tensor, torch.Tensor]:
    return tensor(name, f'in.{head}.pred_logits'), tensor(name, f'in.{head}.pred_masks')


def scenes(logits: torch.Tensor, masks: torch.Tensor) -> list[ViewAnswers]:
    return [ViewAnswers(own, list(views)) for own, views in zip(logits, masks, strict=True)]


def drawn(name: str, part: str) -> Iterator[torch.Tensor]:
    for scene in range(len(archive(name)['in.class_set'])):
        yield tensor(name, f'in.{part}.matcher_points.{scene}')
    yield tensor(name, f'in.{part}.loss_points')


def criterion(name: str, *parts: str) -> ViewPanopticCriterion:
    points = (own for part in parts for own in drawn(name, part))

    def uniform(*shape: int, device: torch.device) -> torch.Tensor:
        found = next(points)
        assert found.shape == shape
        return found

    weights = dict(zip(('classes', 'entropy', 'dice'), archive(name)['cfg.weights_class_mask_dice'].tolist(), strict=True))
    no_object = archive(name)['cfg.label_mode'].item() == 'softmax'
    count = int(setting(name, 'num_points'))
    return ViewPanopticCriterion(**weights, points=count, no_object=no_object, softmax_costs=True, uniform=uniform)


@pytest.mark.parametrize('name', NAMES)
def test_targets(name):
    for scene, truth in enumerate(truths(name)):
        masks = truth.maps == truth.numbers.view(-1, 1, 1, 1)
        assert torch.equal(masks, tensor(name, f'out.target{scene}.masks'))
        assert torch.equal(truth.labels, tensor(name, f'out.target{scene}.labels'))
        assert torch.equal(truth.allowed, tensor(name, f'out.target{scene}.class_allowed'))


@pytest.mark.parametrize('name', NAMES)
def test_costs_and_assignment(name):
    for head in heads(name):
        for scene, (answer, truth) in enumerate(zip(scenes(*answers(name, head)), truths(name), strict=True)):
            points = tensor(name, f'in.{head}.matcher_points.{scene}')
            rule = criterion(name, head)
            rule.uniform = lambda *_, points=points, **__: points
            assert_equals(rule.costs(answer, truth), name, f'{head}.cost.{scene}')
            query, segment = rule.match(answer, truth)
            assert torch.equal(query, tensor(name, f'out.{head}.assigned_query.{scene}'))
            assert torch.equal(segment, tensor(name, f'out.{head}.assigned_target.{scene}'))


@pytest.mark.parametrize('name', NAMES)
def test_losses_and_gradients(name):
    parts = {head: [value.requires_grad_() for value in answers(name, head)] for head in heads(name)}
    of_heads = [scenes(*part) for part in parts.values()]
    rule = criterion(name, *parts)
    losses = rule([list(own) for own in zip(*of_heads, strict=True)], truths(name))
    for key, value in losses.items():
        weight = rule.weights[key.split('_')[1]]
        assert_equals((value / weight).detach(), name, f'loss.{key}')
    total = sum(losses.values())
    assert_equals(total.detach(), name, 'total')
    total.backward()
    for head, (logits, masks) in parts.items():
        assert_equals(logits.grad, name, f'{head}.grad_logits')
        assert_equals(masks.grad, name, f'{head}.grad_masks')


def test_the_vocabulary_is_the_union():
    assert set(vocabulary_of(batch(SIGMOID).classes)) == set(archive(SIGMOID)['cfg.classes'].tolist())
