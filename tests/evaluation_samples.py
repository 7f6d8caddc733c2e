"""Predictions that say what is true, and ways to spoil or reorder them."""

from dataclasses import replace

import torch

from uniseg3d.structures import MaskSet, PanopticMap, Prediction, Superpoints

THINGS = 18
MASK_SETS = ('instances', 'clicks', 'texts', 'objects')


def mask_set(masks, scores=None, labels=None, probabilities=None):
    """Masks with scores 1 and without labels unless given."""
    count = len(masks)
    scores = torch.ones(count) if scores is None else torch.as_tensor(scores)
    labels = torch.full((count,), -1) if labels is None else torch.as_tensor(labels)
    return MaskSet(masks, scores, labels, probabilities)


def perfect_prediction(sample, rounds=3):
    """Everything right, in a scene whose superpoints respect all borders."""
    targets, semantic = sample.targets, sample.targets.semantic_superpoints
    masks, labels = targets.masks, targets.labels
    covered, owner = masks.any(0), masks.int().argmax(0) if len(masks) else semantic
    clicked = masks[targets.click_instance]
    true_class = torch.nn.functional.one_hot(labels[targets.click_instance], THINGS).float()
    return Prediction(
        sample.scene.scene_id,
        sample.superpoints,
        semantic=semantic.clamp(max=19),
        instances=mask_set(masks, labels=labels),
        panoptic=PanopticMap(semantic.clamp(max=19), torch.where(covered, owner + 2, semantic)),
        clicks=mask_set(clicked, probabilities=true_class),
        texts=mask_set(targets.text_masks),
        objects=mask_set(masks),
        click_rounds=clicked[None].repeat(rounds, 1, 1),
    )


def noisy_prediction(sample, seed=0, lost=0.25, added=0.02):
    """A perfect prediction whose masks lack own superpoints and have foreign ones, with moved labels and unequal scores."""
    generator = torch.Generator().manual_seed(seed)

    def flipped(masks):
        return masks ^ (torch.rand(masks.shape, generator=generator) < torch.where(masks, lost, added))

    def rough(masks):
        return replace(masks, masks=flipped(masks.masks), scores=torch.rand(len(masks), generator=generator))

    right = perfect_prediction(sample)
    wrong = torch.rand(len(right.semantic), generator=generator) < lost
    moved = torch.where(wrong, (right.semantic + 1) % 20, right.semantic)
    return replace(
        right,
        semantic=moved,
        panoptic=PanopticMap(moved, right.panoptic.segment),
        **{name: rough(getattr(right, name)) for name in MASK_SETS},
        click_rounds=flipped(right.click_rounds),
    )


def renumbered(sample, prediction, seed=0):
    """The same sample and prediction with superpoints numbered otherwise."""
    generator = torch.Generator().manual_seed(seed)
    new = torch.randperm(len(sample.superpoints), generator=generator)  # number of each old superpoint
    old = new.argsort()
    targets, superpoints = sample.targets, Superpoints(new[sample.superpoints.ids])
    clicks = replace(sample.prompts.clicks, superpoint=new[sample.prompts.clicks.superpoint])
    names = ('masks', 'novel_masks', 'semantic_masks', 'text_masks')
    targets = replace(targets, **{name: getattr(targets, name)[:, old] for name in names})
    panoptic = PanopticMap(prediction.panoptic.semantic[old], prediction.panoptic.segment[old])
    moved = replace(
        prediction,
        superpoints=superpoints,
        semantic=prediction.semantic[old],
        panoptic=panoptic,
        **{name: _reordered(getattr(prediction, name), old) for name in MASK_SETS},
        click_rounds=prediction.click_rounds[..., old],
    )
    prompts = replace(sample.prompts, clicks=clicks)
    return replace(sample, superpoints=superpoints, targets=targets, prompts=prompts), moved


def _reordered(masks, columns):
    return replace(masks, masks=masks.masks[:, columns])
