"""Weight layouts of other engines, converted exactly to [Cout, kx, ky, kz, Cin]."""

from collections.abc import Mapping

from torch import Tensor

from uniseg3d.utils.errors import CheckpointError


def from_spconv(weight: Tensor, shape: tuple[int, ...], name: str = 'weight') -> Tensor:
    """A weight of spconv 2 (same layout) or spconv 1 ([kx, ky, kz, Cin, Cout]), told apart by the ``shape`` wanted.

    Kernel-size-1 weights of spconv 1 are moved to the wanted shape like all others; with ``reinterpret_pointwise`` their
    numbers then serve another role than they were trained for, which is what happens in the original, too.
    """
    out_channels, *kernel, in_channels = shape
    if tuple(weight.shape) == tuple(shape):
        return weight
    if tuple(weight.shape) == (*kernel, in_channels, out_channels):
        return weight.permute(4, 0, 1, 2, 3).contiguous()
    raise CheckpointError(
        f'{name} has shape {list(weight.shape)}; expected {list(shape)} (spconv 2) or '
        f'{[*kernel, in_channels, out_channels]} (spconv 1)'
    )


def from_minkowski(kernel: Tensor, name: str = 'kernel') -> Tensor:
    """A cubic kernel [k^3, Cin, Cout] whose first spatial axis runs fastest, or [Cin, Cout] for kernel size 1."""
    if kernel.dim() == 2:
        kernel = kernel[None]
    size = round(kernel.shape[0] ** (1 / 3)) if kernel.dim() == 3 else 0
    if size**3 != kernel.shape[0]:
        raise CheckpointError(f'{name} has shape {list(kernel.shape)}; expected [k^3, Cin, Cout] or [Cin, Cout]')
    cube = kernel.view(size, size, size, *kernel.shape[1:])  # [z, y, x, Cin, Cout]
    return cube.permute(4, 2, 1, 0, 3).contiguous()


def to_minkowski(weight: Tensor) -> Tensor:
    """The inverse of ``from_minkowski``: [Cout, kx, ky, kz, Cin] to [k^3, Cin, Cout], or [Cin, Cout] for kernel size 1."""
    kernel = weight.permute(3, 2, 1, 4, 0).flatten(0, 2)
    return kernel[0] if len(kernel) == 1 else kernel


def convert_minkowski_state(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """``state`` with every ``*.kernel`` renamed to ``*.weight`` and brought to our layout."""
    return {
        name[: -len('kernel')] + 'weight' if name.endswith('.kernel') else name: (
            from_minkowski(value, name) if name.endswith('.kernel') else value
        )
        for name, value in state.items()
    }
