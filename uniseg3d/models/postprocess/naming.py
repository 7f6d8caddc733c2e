"""Instances of freely named things: the names of a list in the place of the classes of training."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, cat, finfo

from uniseg3d.models.heads.naming import name_logits
from uniseg3d.models.postprocess.answers import class_probabilities
from uniseg3d.models.postprocess.mask_quality import mask_quality
from uniseg3d.models.postprocess.matrix_nms import matrix_nms
from uniseg3d.structures import MaskOutput
from uniseg3d.utils.errors import ConfigError


def rename(output: MaskOutput, said: Tensor) -> MaskOutput:
    """The output with names for classes: ``said`` [L, P, E] to logits [Q, L + 1], as the network itself understands them."""
    return with_names(output, name_shares(output, said))


def name_shares(output: MaskOutput, said: Tensor) -> Tensor:
    """How probable each of L names is for what each query shows, if it is one of them: ``said`` [L, P, E] to [Q, L]."""
    if output.names is None:
        raise ConfigError('names were asked for, but the decoder has no name_head; give it a NamingHead, train with open_text')
    return name_logits(output.names, said).softmax(1)


def with_names(output: MaskOutput, shares: Tensor) -> MaskOutput:
    """The output with names for classes: ``shares`` [Q, L] of the names to logits [Q, L + 1].

    Names share the probability that a query shows any object at all, which is what the known classes have together: a name
    outside the list of classes is for something that looks like an object. What ``shares`` lack to one is "none of these".
    """
    probabilities = shares * looks_like_object(output)[:, None]
    probabilities = cat([probabilities, 1 - probabilities.sum(1, keepdim=True)], 1)
    return replace(output, classes=probabilities.clamp(min=finfo(probabilities.dtype).tiny).log())


def looks_like_object(output: MaskOutput) -> Tensor:
    """Probability that a query shows an object of any kind [Q]."""
    return class_probabilities(output).sum(1)


def mix_shares(evidence: Sequence[Tensor], weights: Sequence[float]) -> Tensor:
    """Names by several witnesses: each [Q, L] with rows that sum to one, to their weighted geometric mean [Q, L], likewise.

    A witness that has seen nothing says the same of all names, and changes nothing.
    """
    if not 0 < len(evidence) == len(weights) or min(weights) < 0 or sum(weights) <= 0:
        raise ConfigError(f'{len(evidence)} kinds of evidence need as many weights, none below zero, got {list(weights)}')
    logs = [weight / sum(weights) * shares.clamp(min=1e-12).log() for shares, weight in zip(evidence, weights, strict=True)]
    return torch.stack(logs).sum(0).softmax(1)


def distinct_objects(output: MaskOutput, limit: int = 150, kernel: str = 'linear') -> tuple[Tensor, Tensor]:
    """Certainty of at most ``limit`` objects [k], decreasing, and their queries [k]: duplicates of better ones come last."""
    scores = looks_like_object(output) * mask_quality(output.masks)
    labels = torch.zeros_like(scores, dtype=torch.long)
    decayed, order = matrix_nms(output.masks.float().sigmoid(), scores, labels, kernel)
    return decayed[:limit], order[:limit]
