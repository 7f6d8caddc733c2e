"""All terms together: their names, empty scenes, batches, switches, and that they can be learned."""

from dataclasses import asdict

import pytest
import torch

from uniseg3d.models.criteria import UniSeg3DCriterion
from uniseg3d.models.criteria.uniseg3d_criterion import NAMES
from uniseg3d.models.criteria.weights import LossForms, LossWeights
from uniseg3d.registry import MODELS
from uniseg3d.structures import MaskOutput

ALL = {'weights': {'open_text': 0.1, 'superpoints': 1.0}}
PUBLISHED = dict.fromkeys(asdict(LossForms()), True)
SMALL = {
    'nothing annotated': {'instances': 0, 'novel': 0, 'clicks': 0, 'texts': 0},
    'only novel masks': {'instances': 0, 'clicks': 0, 'texts': 0},
    'no clicks': {'clicks': 0},
    'no texts': {'texts': 0},
    'fewer clicks than instances': {'clicks': 1},
    'one query': {'queries': 1},
    'no scene query': {'queries': 0},
    'one superpoint': {'superpoints': 1},
    'one head': {'heads': 1},
}


def losses_of(scenes, **arguments):
    return UniSeg3DCriterion(**arguments)(*(list(part) for part in zip(*scenes, strict=True)))


def parts(outputs):
    """Every leaf of a scene's outputs, by name."""
    return {
        f'{head} {name}': part
        for head, output in enumerate(outputs)
        for name, part in vars(output).items()
        if part is not None
    }  # fmt: skip


def used(outputs):
    """Embeddings are only looked at in the final head."""
    last = f'{len(outputs) - 1} embeddings'
    return {name: part for name, part in parts(outputs).items() if 'embeddings' not in name or name == last}


def test_is_built_from_a_config_and_returns_the_published_names(scene):
    criterion = MODELS.build({'type': 'UniSeg3DCriterion', 'weights': {'clicks': 1.0}})
    outputs, queries, targets = scene()
    names = list(criterion([outputs], [queries], [targets]))
    assert names == [name for name in NAMES.values() if name not in ('superpoint_loss', 'open_text_loss')]
    assert list(losses_of([scene()], **ALL)) == list(NAMES.values())


@pytest.mark.parametrize('forms', [{}, PUBLISHED], ids=['clean', 'published'])
@pytest.mark.parametrize('sizes', SMALL.values(), ids=SMALL.keys())
def test_small_and_empty_scenes_give_finite_terms_that_reach_every_output(scene, sizes, forms):
    example = scene(**sizes)
    criterion = UniSeg3DCriterion(**ALL, forms=forms)
    losses = criterion([example[0]], [example[1]], [example[2]])
    sum(losses.values()).backward()
    gradients = {name: part.grad for name, part in used(example[0]).items()} | {
        'scale': criterion.contrastive_criterion.logit_scale.grad
    }
    assert [name for name, gradient in gradients.items() if gradient is None or not gradient.isfinite().all()] == []
    assert all(loss.isfinite() and loss >= 0 for loss in losses.values())


def test_two_halves_of_a_batch_average_to_the_whole(scene):
    scenes = [
        scene(seed, **sizes) for seed, sizes in enumerate(({}, {'texts': 0}, {'instances': 0, 'clicks': 0, 'texts': 0}, {}))
    ]
    whole, first, second = (losses_of(part, **ALL) for part in (scenes, scenes[:2], scenes[2:]))
    for name, loss in whole.items():
        torch.testing.assert_close(loss, (first[name] + second[name]) / 2, rtol=1e-5, atol=1e-6)


def test_published_means_leave_out_scenes_that_have_nothing(scene):
    full, empty = scene(0), scene(1, instances=0, novel=0, clicks=0, texts=0)
    alone = losses_of([full], forms={'mean_over_present': True})
    both = losses_of([full, empty], forms={'mean_over_present': True})
    for name in ('point_prompt_inst_loss', 'text_prompt_inst_loss', 'ov_inst_loss', 'contrastive_loss', 'rank_loss'):
        torch.testing.assert_close(both[name], alone[name])
    torch.testing.assert_close(both['iou_inst_loss'], alone['iou_inst_loss'] / 2)


def test_auxiliary_dice_over_batch_spares_the_final_head_and_novel_masks(scene):
    only_dice = {'classes': 0, 'entropy': 0, 'novel_entropy': 0}
    one = scene(0)
    for heads, name, divided in ((1, 'inst_loss', False), (3, 'ov_inst_loss', False), (3, 'point_prompt_inst_loss', True)):
        outputs, queries, targets = one[0][-heads:], one[1], one[2]
        plain, over = (
            losses_of([(outputs, queries, targets)] * 2, weights=only_dice, forms={'auxiliary_dice_over_batch': flag})[name]
            for flag in (False, True)
        )
        assert (plain > over + 1e-3) == divided
        assert divided or plain == over


@pytest.mark.parametrize('weight', [name for name in asdict(LossWeights()) if name not in ('entropy', 'dice', 'classes')])
def test_a_weight_of_zero_leaves_out_its_term_and_no_other(scene, weight):
    group = ('novel_entropy', 'novel_dice') if weight.startswith('novel') else (weight,)
    example = scene(novel=0) if weight.startswith('novel') else scene()
    full, without = losses_of([example], **ALL), losses_of([example], weights=ALL['weights'] | dict.fromkeys(group, 0))
    own = NAMES['novel' if weight.startswith('novel') else weight]
    assert without.get(own, 0) == 0
    assert {n: v for n, v in full.items() if n != own} == {n: v for n, v in without.items() if n != own}


def test_a_term_of_weight_zero_is_not_computed(scene):
    outputs, queries, targets = scene()
    bare = [MaskOutput(output.masks, output.embeddings) for output in outputs]
    off = dict.fromkeys(('classes', 'iou', 'semantic', 'class_distillation'), 0)
    losses = losses_of([(bare, queries, targets)], weights=off)
    assert losses['seg_loss'] == losses['iou_inst_loss'] == 0 < losses['inst_loss']


def test_without_contrast_and_ranks_there_is_no_parameter():
    assert not list(UniSeg3DCriterion({'contrastive': 0, 'rank': 0}).parameters())


def test_novel_masks_that_weigh_nothing_make_their_queries_void(scene):
    outputs, queries, targets = scene(instances=0, clicks=0, texts=0)
    off = {'novel_entropy': 0, 'novel_dice': 0}
    without = losses_of([(outputs, queries, targets)], weights=off)
    targets.novel_masks = targets.novel_masks[:0]
    torch.testing.assert_close(without['inst_loss'], losses_of([(outputs, queries, targets)])['inst_loss'])


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16])
def test_half_precision_outputs_lose_nothing_but_their_own_rounding(scene, dtype):
    outputs, queries, targets = scene()
    halves = [MaskOutput(*(None if part is None else part.detach().to(dtype) for part in vars(o).values())) for o in outputs]
    rounded = [MaskOutput(*(None if part is None else part.float() for part in vars(o).values())) for o in halves]
    with torch.autocast('cpu', torch.bfloat16):
        got = losses_of([(halves, queries, targets)], **ALL)
    expected = losses_of([(rounded, queries, targets)], **ALL)
    for name, loss in got.items():
        assert loss.dtype == torch.float32
        torch.testing.assert_close(loss, expected[name])


def test_free_logits_learn_the_masks_and_classes_of_their_objects(scene):
    outputs, queries, targets = scene(seed=1, queries=40, heads=2)
    optimizer = torch.optim.Adam(list(parts(outputs).values()), 0.1)
    for _ in range(150):
        optimizer.zero_grad()
        sum(losses_of([(outputs, queries, targets)], weights={'clicks': 1.0, 'texts': 1.0}).values()).backward()
        optimizer.step()
    final = outputs[-1]
    assert torch.equal(final.masks[queries.rows('clicks')] > 0, targets.masks[targets.click_instance])
    assert torch.equal(final.masks[queries.rows('texts')] > 0, targets.text_masks)
    assert torch.equal(final.classes[queries.rows('clicks')].argmax(1), targets.labels[targets.click_instance])
    found = final.masks[queries.rows('scene')] > 0
    assert all((found == mask).all(1).any() for mask in targets.masks)
    assert (final.classes[queries.rows('scene')].argmax(1) == 5).float().mean() > 0.7  # most answer for nothing
