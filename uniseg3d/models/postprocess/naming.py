"""Instances of freely named things: the names of a list in the place of the classes of training."""

from dataclasses import replace

from torch import Tensor, cat, finfo

from uniseg3d.models.heads.naming import name_logits
from uniseg3d.models.postprocess.answers import class_probabilities
from uniseg3d.structures import MaskOutput
from uniseg3d.utils.errors import ConfigError


def rename(output: MaskOutput, said: Tensor) -> MaskOutput:
    """The output with names for classes: ``said`` [L, P, E] to logits [Q, L + 1].

    Names share the probability that a query shows any object at all, which is what the known classes have together: a name
    outside the list of classes is for something that looks like an object.
    """
    if output.names is None:
        raise ConfigError('names were asked for, but the decoder has no name_head; give it a NamingHead, train with open_text')
    objects = class_probabilities(output).sum(1, keepdim=True)  # [Q, 1]
    shares = name_logits(output.names, said).softmax(1)  # [Q, L]
    probabilities = cat([shares * objects, 1 - objects], 1)
    return replace(output, classes=probabilities.clamp(min=finfo(probabilities.dtype).tiny).log())
