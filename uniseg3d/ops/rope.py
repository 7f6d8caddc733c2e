"""Rotary position embedding of tokens that stand on an image grid."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils.weak import WeakTensorKeyDictionary

from uniseg3d.utils.errors import ConfigError

Rotate = Callable[[Tensor], Tensor]  # [B, heads, T, width] to the same: what attention does to queries and keys
PRECISIONS = {'fp32': torch.float32, 'fp16': torch.float16}

_ROTATIONS: Any = WeakTensorKeyDictionary()  # by the very tensor of positions, as long as it lives


@lru_cache(maxsize=256)
def grid_positions(rows: int, columns: int, device: torch.device | None = None) -> Tensor:
    """Row and column of every cell in raster order, int64 [rows * columns, 2]; the same tensor whenever asked again."""
    with torch.inference_mode(False):  # it outlives the caller's mode
        return torch.cartesian_prod(torch.arange(rows, device=device), torch.arange(columns, device=device))


class Rotation(NamedTuple):
    """The angles of tokens, good for all blocks whose heads have this width."""

    cosine: Tensor  # [..., 1, T, 2, width / 4]: the axis of ones stands for the heads
    sine: Tensor

    def __call__(self, tokens: Tensor) -> Tensor:
        """Turn ``tokens`` [B, heads, T, width]; half precision is turned in the precision of the tables."""
        exact = tokens.half() if self.cosine.dtype == torch.float16 else tokens
        first, second = exact.unflatten(-1, (2, 2, -1)).unbind(-2)  # each [B, heads, T, 2, width / 4]
        turned = (first * self.cosine - second * self.sine, second * self.cosine + first * self.sine)
        # back first: autocast on a CPU refuses to stack float16
        return torch.stack([part.to(tokens.dtype) for part in turned], -2).flatten(-3)


@dataclass(frozen=True)
class RoPE2D:
    """The first half of a head's channels tells the row, the second the column.

    ``scale`` shrinks positions of larger grids to those seen in training. ``precision`` 'fp16' computes angles and products
    in half precision, as Point3R's image encoder does whatever the precision of the rest; the default is exact.
    """

    base: float = 100.0
    scale: float = 1.0
    precision: str = 'fp32'

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise ConfigError(f'rope_precision {self.precision!r} is unknown; expected one of {", ".join(PRECISIONS)}')

    @classmethod
    def named(cls, name: str, precision: str = 'fp32') -> 'RoPE2D':
        """From a name as DUSt3R's checkpoints write it: ``RoPE100``, or ``RoPE100_224:512`` for a scale of 224 / 512."""
        found = re.fullmatch(r'RoPE([1-9]\d*)(?:_([1-9]\d*):([1-9]\d*))?', name)
        if not found:
            raise ConfigError(f'position embedding {name!r} is unknown; expected RoPE100 or RoPE100_224:512')
        scale = int(found[2]) / int(found[3]) if found[2] else 1.0
        return cls(float(found[1]), scale, precision)

    def __call__(self, positions: Tensor, width: int) -> Rotation:
        """Angles for heads of ``width`` channels at ``positions`` [T, 2] or [B, T, 2]; kept as long as that tensor lives."""
        if width % 4:
            raise ConfigError(f'heads are {width} wide; rotating by row and column needs a multiple of 4')
        if torch.compiler.is_compiling():
            return self._rotation(positions, width)
        known = _ROTATIONS.setdefault(positions, {})
        if (self, width) not in known:
            with torch.inference_mode(False):
                known[self, width] = self._rotation(positions, width)
        return known[self, width]

    def _rotation(self, positions: Tensor, width: int) -> Rotation:
        exponents = torch.arange(width // 4, device=positions.device, dtype=torch.float32) / (width // 4)
        angles = positions.float()[..., None] * (self.scale / self.base**exponents)  # [..., T, 2, width / 4]
        angles = angles.to(PRECISIONS[self.precision]).unsqueeze(-4)
        return Rotation(angles.cos(), angles.sin())
