"""Answers to clicks and sentences: one mask for each, whatever its score."""

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
