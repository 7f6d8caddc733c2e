"""Candidates must agree before anybody is timed."""

import torch
from torch import Tensor

from uniseg3d.utils.errors import UniSeg3DError


class DisagreementError(UniSeg3DError):
    """Two candidates of one benchmark compute different things."""


def require_close(what: str, candidate: str, result: Tensor, expected: Tensor, tolerance: float) -> None:
    """Largest difference, relative to the largest expected value, must not exceed ``tolerance``."""
    result, expected = result.detach(), expected.detach()
    scale = expected.abs().max().clamp(min=1e-30)
    error = float((result.to(expected) - expected).abs().max() / scale)
    if not error <= tolerance:
        raise DisagreementError(f'{what}: {candidate} is off by {error:.1e} of the scale, more than {tolerance:.0e}; not timed')


def require_same_partition(what: str, first: Tensor, second: Tensor) -> None:
    """Two labellings [N] must group alike, whatever the numbers."""
    joint = torch.stack([first, second], 1).unique(dim=0)
    if not len(joint) == len(first.unique()) == len(second.unique()):
        raise DisagreementError(f'{what}: the partitions differ ({len(joint)} joint parts); not timed')
