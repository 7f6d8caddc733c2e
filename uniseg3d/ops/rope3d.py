"""Rotary embedding of tokens that have a place in space, blended over several bases."""

from functools import cache
from itertools import accumulate
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

BASES = (10.0, 100.0, 1000.0, 10000.0)
AXES = 3


class Rotation3D(NamedTuple):
    """What positions do to queries and keys of one head width: made once, used by every head, layer and attention."""

    cos: Tensor  # [B, 1, T, D] float32, mean over the bases
    sin: Tensor  # [B, 1, T, D] float32, the sign of the partner included

    def __call__(self, tokens: Tensor) -> Tensor:
        """``tokens`` [B, heads, T, D] as they are seen from their positions; computed in float32."""
        wide = tokens.float()
        return torch.addcmul(wide * self.cos, partners(wide), self.sin).to(tokens.dtype)


def rotation_3d(positions: Tensor, width: int, leading: int = 0) -> Rotation3D:
    """Tables for tokens at ``positions`` [B, P, 3] in heads of ``width`` channels.

    Every token has ``leading`` companions before the positions start, such as a pose token, which stay as they are.
    """
    axis, frequency, column, sign = _channels(width, positions.device)
    angle = positions.float()[..., None, axis] * frequency  # [B, P, bases, U]
    cos, sin = (part.mean(-2)[..., column] for part in (angle.cos(), angle.sin()))  # [B, P, D]
    cos, sin = F.pad(cos, (0, 0, leading, 0), value=1.0), F.pad(sin * sign, (0, 0, leading, 0))
    return Rotation3D(cos[:, None], sin[:, None])


def partners(tokens: Tensor) -> Tensor:
    """The channel that each channel of ``tokens`` [..., D] is turned with: the other part of its axis."""
    parts = []
    for chunk in tokens.split(axis_widths(tokens.shape[-1]), -1):
        first = chunk.shape[-1] - chunk.shape[-1] // 2  # an odd width has its middle channel in the first part
        parts += [chunk[..., first:], chunk[..., :first]]
    return torch.cat(parts, -1)


def axis_widths(width: int) -> tuple[int, int, int]:
    """Channels of x, y and z; the last axis has what division by three leaves."""
    each = width // AXES
    return each, each, width - 2 * each


@cache
def _channels(width: int, device: torch.device) -> tuple[Tensor, ...]:
    """Of the U different angles: axis [U] and frequencies [bases, U]. Of the D channels: angle [D] and sign [D].

    An axis of d channels has ceil(d / 2) angles; channel k takes angle k modulo that many. With d odd, the two channels
    of a pair differ in their angle, so this is no rotation: released weights are trained for exactly that.
    """
    sizes = axis_widths(width)
    firsts = [size - size // 2 for size in sizes]
    starts = list(accumulate(firsts, initial=0))
    axis = [index for index, first in enumerate(firsts) for _ in range(first)]
    frequency = [[base ** (-2 * j / d) for first, d in zip(firsts, sizes, strict=True) for j in range(first)] for base in BASES]
    column = [start + k % first for start, first, d in zip(starts, firsts, sizes, strict=False) for k in range(d)]
    sign = [-1.0 if k < d // 2 else 1.0 for d in sizes for k in range(d)]
    with torch.inference_mode(False):  # they outlive the caller's mode
        return tuple(torch.tensor(table, device=device) for table in (axis, frequency, column, sign))
