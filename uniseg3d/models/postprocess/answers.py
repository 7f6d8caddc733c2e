"""What a prediction head must have said for a task to be answered."""

from torch import Tensor

from uniseg3d.structures import MaskOutput
from uniseg3d.utils.errors import ConfigError


def class_probabilities(output: MaskOutput) -> Tensor:
    """Probability of every thing class [Q, things]; what is missing to one is "no object"."""
    if output.classes is None:
        raise ConfigError('MaskOutput.classes is missing; instances need a prediction head with class logits')
    return output.classes.float().softmax(1)[:, :-1]


def class_logits(output: MaskOutput) -> Tensor:
    """Logit of every semantic class without void [Q, C]."""
    if output.semantic is None:
        raise ConfigError('MaskOutput.semantic is missing; semantic and panoptic maps need a head with semantic logits')
    return output.semantic.float()[:, :-1]


def predicted_ious(output: MaskOutput) -> Tensor:
    """Predicted IoU of every mask [Q], as the network says it, not clipped to 0..1."""
    if output.ious is None:
        raise ConfigError(
            'MaskOutput.ious is missing; give the model an IoU head, or set instance_ious, panoptic_ious and objects to False'
        )
    return output.ious.float()
