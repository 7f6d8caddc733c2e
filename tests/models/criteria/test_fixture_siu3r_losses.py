"""Matching, set loss and depth smoothness against the original's numbers, with gradients."""

import pytest
import torch
from siu3r_archives import archive, assert_equals, sizes, tensor

from uniseg3d.models.criteria.perceptual import feature_distance
from uniseg3d.models.criteria.smoothness import segment_smoothness
from uniseg3d.models.criteria.view_panoptic import ViewPanopticCriterion
from uniseg3d.models.criteria.view_truth import ViewTruth
from uniseg3d.models.decoders.panoptic import ViewAnswers

pytestmark = pytest.mark.full_set
NAME = 'matcher_losses'
TERMS = {'loss_ce': 'loss_cross_entropy', 'loss_mask': 'loss_mask', 'loss_dice': 'loss_dice'}


def setting(name):
    """A size of the archive: B scenes, labels, points, or the number of auxiliary heads, whose index is that of the answer."""
    names = ('B', 'Q', 'T', 'h', 'w', 'H', 'W', 'labels', 'points', 'aux')
    return sizes(NAME, 'cfg/B_Q_T_h_w_H_W_labels_points_aux')[names.index(name)]


def truths():
    """The archive's masks do not overlap, so that they are maps of numbers."""
    found = []
    for scene in range(setting('B')):
        masks, labels = tensor(NAME, f'in/mask_labels_{scene}').long(), tensor(NAME, f'in/class_labels_{scene}')
        assert masks.sum(0).max() <= 1
        numbers = torch.arange(1, len(masks) + 1)
        maps = (masks * numbers[:, None, None, None]).sum(0)
        found.append(ViewTruth(maps, numbers, labels, torch.ones(setting('labels'), dtype=torch.bool)))
    return found


def heads():
    return range(setting('aux') + 1)


def answers(head):
    masks, classes = (tensor(NAME, f'in/{name}_logits_{head}').requires_grad_() for name in ('mask', 'class'))
    return masks, classes, [ViewAnswers(c, list(m.unbind(1))) for m, c in zip(masks, classes, strict=True)]


def criterion(*heads):
    """Draws what the original drew for ``heads``."""
    drawn = [tensor(NAME, f'rand/pred{head}/{part}') for head in heads for part in
             (*(f'matcher_points_{scene}' for scene in range(setting('B'))), 'oversampled_points', 'extra_points')]  # fmt: skip
    points = iter(drawn)

    def uniform(*shape, device):
        found = next(points)
        assert found.shape == shape
        return found

    classes, entropy, dice, void, class_cost = archive(NAME)['cfg/weights_class_mask_dice_noobject_matchclass'].tolist()
    oversample = archive(NAME)['rand/pred0/oversampled_points'].shape[1] / setting('points')
    importance = 1 - archive(NAME)['rand/pred0/extra_points'].shape[1] / setting('points')
    return ViewPanopticCriterion(
        classes, entropy, dice, setting('points'), no_object=True, void_weight=void, class_cost=class_cost,
        oversample=oversample, importance=importance, shared_points=True, sum_views=True, uniform=uniform,
    )  # fmt: skip


def test_costs():
    made = criterion(setting('aux'))
    names = {'mask': 'mask', 'dice': 'dice', 'class': None}
    expected = {name: tensor(NAME, f'out/cost_{name}_0') for name in names}
    total = (
        made.weights['mask'] * expected['mask'] + made.weights['dice'] * expected['dice'] + made.class_cost * expected['class']
    )
    assert_equals(made.costs(answers(setting('aux'))[2][0], truths()[0]), total, 'cost')


def test_matches():
    for head in heads():
        made, scenes = criterion(head), answers(head)[2]
        for scene, truth in enumerate(truths()):
            pairs = made.match(scenes[scene], truth)
            assert torch.equal(pairs.query, tensor(NAME, f'out/pred{head}/match_{scene}_queries'))
            assert torch.equal(pairs.segment, tensor(NAME, f'out/pred{head}/match_{scene}_targets'))


def test_all_terms_their_sum_and_its_gradients():
    made = criterion(*heads())
    parts = [answers(head) for head in heads()]
    losses = made([[part[2][scene] for part in parts] for scene in range(setting('B'))], truths())
    for ours, theirs in TERMS.items():
        for head in heads():
            suffix = '' if head == setting('aux') else f'_{head}'
            value = losses[ours + suffix][None]
            assert_equals(value, tensor(NAME, f'out/weighted/{theirs}{suffix}'), ours + suffix)
            weight = made.weights[ours.removeprefix('loss_')]
            assert_equals(value / weight, tensor(NAME, f'out/unweighted/{theirs}{suffix}'), ours + suffix)
    total = sum(losses.values())
    assert_equals(total[None], tensor(NAME, 'out/total'), 'total')
    for name, gradient in zip(('mask', 'class'), torch.autograd.grad(total, parts[-1][:2]), strict=True):
        assert_equals(gradient, tensor(NAME, f'out/grad_last_{name}_logits'), f'gradient of {name}')


def test_depth_is_smooth_inside_segments():
    depth = tensor(NAME, 'smooth/depth').requires_grad_()
    loss = segment_smoothness(depth, tensor(NAME, 'smooth/segments'))
    assert_equals(loss, tensor(NAME, 'smooth/loss'), 'loss')
    (gradient,) = torch.autograd.grad(loss, depth)
    assert_equals(gradient, tensor(NAME, 'smooth/grad'), 'gradient')


def test_perceptual_distance_of_features():
    levels = range(sum(key.startswith('lpips/lin_') for key in archive(NAME)))
    first, second = ([tensor(NAME, f'lpips/feat_{side}_{level}') for level in levels] for side in 'ab')
    weights = [tensor(NAME, f'lpips/lin_{level}').flatten() for level in levels]
    assert_equals(feature_distance(first, second, weights), tensor(NAME, 'lpips/value_per_image'), 'distance')
