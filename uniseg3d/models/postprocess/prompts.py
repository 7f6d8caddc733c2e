"""Answers to clicks and sentences: one mask for each, whatever its score."""

from dataclasses import replace

from torch import Tensor

from uniseg3d.models.postprocess.answers import class_probabilities
from uniseg3d.models.postprocess.mask_quality import mask_quality
from uniseg3d.structures import MaskOutput, MaskSet


def prompt_masks(output: MaskOutput, mask_threshold: float = 0.4) -> MaskSet:
    """One row per prompt, in order: its mask, its likeliest thing class, and the probabilities of all of them.

    The score is the probability of that class times the quality of the mask; nothing true enters it.
    """
    probabilities = class_probabilities(output)  # [K, things]
    best, labels = probabilities.max(1)
    masks = output.masks.float().sigmoid() > mask_threshold
    return MaskSet(masks, best * mask_quality(output.masks), labels, probabilities)


def take_objects(prompts: MaskSet, logits: Tensor, objects: MaskSet, sizes: Tensor) -> MaskSet:
    """The prompts with the masks of the objects that they mean most likely, one for each; unchanged where none was found.

    A mask that is torn between two chairs is half right at best, one of the chairs is right or wrong. What speaks for an
    object is how sure the prompt is of it, times how well the two overlap. ``logits`` [K, M] of the prompts' masks,
    ``sizes`` [M] points.
    """
    if not len(prompts) or not len(objects):
        return prompts
    weight, inside = logits.float().sigmoid() * sizes, objects.masks.float()
    shared, object_size = weight @ inside.T, inside @ sizes.float()  # [K, n], [n]
    either = weight.sum(1, keepdim=True) + object_size - shared
    support = shared.square() / (object_size * either).clamp(min=1e-6)
    return replace(prompts, masks=objects.masks[support.argmax(1)])
