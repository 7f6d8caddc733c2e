"""What a sparse convolution reads: size, stride, padding and dilation of its window, per axis."""

import math
from dataclasses import dataclass
from itertools import product
from typing import Literal

from uniseg3d.utils.errors import ConfigError

Triple = tuple[int, int, int]
OddPlane = Literal['keep', 'drop']


def triple(value: int | tuple[int, ...] | list[int], name: str, least: int) -> Triple:
    """``value`` once per axis; at least ``least`` each."""
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,) * 3
    if len(values) != 3 or any(type(v) is not int or v < least for v in values):
        raise ConfigError(f'{name} is {value}; expected an integer of at least {least}, or three of them')
    return values[0], values[1], values[2]


@dataclass(frozen=True)
class Window:
    """Geometry of one convolution; offsets count in C order (x slowest, z fastest)."""

    size: Triple
    stride: Triple = (1, 1, 1)
    padding: Triple = (0, 0, 0)
    dilation: Triple = (1, 1, 1)

    @property
    def volume(self) -> int:
        return math.prod(self.size)

    @property
    def tiles(self) -> bool:
        """Windows lie side by side: every voxel belongs to exactly one."""
        return self.size == self.stride and self.padding == (0, 0, 0) and self.dilation == (1, 1, 1)

    @property
    def offsets(self) -> list[Triple]:
        """Offset of each kernel element from the window's corner, before padding is taken off."""
        axes = (range(0, size * dilation, dilation) for size, dilation in zip(self.size, self.dilation, strict=True))
        return [(x, y, z) for x, y, z in product(*axes)]

    @property
    def reach(self) -> Triple:
        """Distance from the centre of an odd window to its rim."""
        x, y, z = ((size - 1) * dilation // 2 for size, dilation in zip(self.size, self.dilation, strict=True))
        return x, y, z

    def shape_after(self, shape: Triple, odd_plane: OddPlane) -> Triple:
        """Extents of the output grid.

        A last plane that no full window covers is dropped (the floor rule of dense convolutions and of spconv) or kept
        (every voxel has a parent, as in MinkowskiEngine).
        """
        up = 0 if odd_plane == 'drop' else 1
        axes = zip(shape, self.size, self.stride, self.padding, self.dilation, strict=True)
        x, y, z = ((n + 2 * p - d * (k - 1) - 1 + up * (s - 1)) // s + 1 for n, k, s, p, d in axes)
        return max(x, 0), max(y, 0), max(z, 0)

    def shape_before(self, shape: Triple) -> Triple:
        """Extents of the finer grid that a transposed convolution fills."""
        axes = zip(shape, self.size, self.stride, self.padding, self.dilation, strict=True)
        x, y, z = ((n - 1) * s - 2 * p + d * (k - 1) + 1 for n, k, s, p, d in axes)
        return x, y, z


def centred_window(size: int | Triple, dilation: int | Triple = 1) -> Window:
    """The window of a sub-manifold convolution: odd, stride 1, centred."""
    sizes, dilations = triple(size, 'kernel_size', 1), triple(dilation, 'dilation', 1)
    if any(s % 2 == 0 for s in sizes):
        raise ConfigError(f'kernel_size is {size}; a sub-manifold convolution needs an odd one, to have a centre')
    x, y, z = ((s - 1) * d // 2 for s, d in zip(sizes, dilations, strict=True))
    return Window(sizes, (1, 1, 1), (x, y, z), dilations)


def strided_window(
    size: int | Triple, stride: int | Triple = 1, padding: int | Triple = 0, dilation: int | Triple = 1
) -> Window:
    """The window of a convolution that makes a new grid."""
    return Window(
        triple(size, 'kernel_size', 1),
        triple(stride, 'stride', 1),
        triple(padding, 'padding', 0),
        triple(dilation, 'dilation', 1),
    )
