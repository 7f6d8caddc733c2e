"""Attention that looks at a few places of some maps instead of at all of them (multi-scale deformable attention)."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from uniseg3d.utils.errors import DataError


def deformable_attention(
    value: Tensor,  # [B, S, heads, width], the cells of all maps in raster order, one map after the other
    shapes: Sequence[tuple[int, int]],  # rows and columns of each of the L maps
    locations: Tensor,  # [B, Q, heads, L, points, 2], (x, y) in shares of a map: 0 and 1 are its outer edges
    weights: Tensor,  # [B, Q, heads, L, points]
) -> Tensor:  # [B, Q, heads * width]
    """Weighted sum of what lies at the locations, between cells bilinear, zero beyond the edges."""
    _check(value, shapes, locations, weights)
    batch, queries, heads = locations.shape[:3]
    grids = (2 * locations - 1).to(value.dtype).permute(3, 0, 2, 1, 4, 5).flatten(1, 2)  # [L, B * heads, Q, points, 2]
    shares = weights.to(value.dtype).permute(3, 0, 2, 1, 4).flatten(1, 2)  # [L, B * heads, Q, points]
    total = value.new_zeros(batch * heads, value.shape[3], queries)
    parts = value.split([rows * columns for rows, columns in shapes], 1)
    for part, shape, grid, share in zip(parts, shapes, grids, shares, strict=True):
        maps = part.permute(0, 2, 3, 1).reshape(batch * heads, -1, *shape)  # [B * heads, width, rows, columns]
        found = F.grid_sample(maps, grid, padding_mode='zeros', align_corners=False)  # [B * heads, width, Q, points]
        total = total + (found * share[:, None].to(found.dtype)).sum(-1)  # on a CPU half as long again by einsum
    return total.unflatten(0, (batch, heads)).permute(0, 3, 1, 2).flatten(2)


def _check(value: Tensor, shapes: Sequence[tuple[int, int]], locations: Tensor, weights: Tensor) -> None:
    cells = sum(rows * columns for rows, columns in shapes)
    fits = value.ndim == 4 and locations.ndim == 6 and value.shape[1] == cells and locations.shape[:-1] == weights.shape
    if not fits or locations.shape[3] != len(shapes) or locations.shape[2] != value.shape[2]:
        raise DataError(
            f'deformable attention of value {list(value.shape)}, locations {list(locations.shape)} and weights '
            f'{list(weights.shape)} over maps {list(shapes)}; expected [B, {cells}, heads, width], '
            f'[B, Q, heads, {len(shapes)}, points, 2] and the same without the last axis'
        )


def cell_centres(shapes: Sequence[tuple[int, int]], device: torch.device | None = None) -> Tensor:
    """(x, y) of the centre of every cell of all maps, in shares of its map: [S, 2]."""
    return torch.cat([_centres(rows, columns, device) for rows, columns in shapes])


def _centres(rows: int, columns: int, device: torch.device | None) -> Tensor:
    down = (torch.arange(rows, device=device) + 0.5) / rows
    across = (torch.arange(columns, device=device) + 0.5) / columns
    return torch.cartesian_prod(down, across).flip(1)
