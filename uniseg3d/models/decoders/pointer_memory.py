"""What becomes of the pointers that a new frame brings: they are appended, or take the place of near ones."""

import torch
from torch import Tensor, nn

from uniseg3d.geometry.neighbors import PointTree
from uniseg3d.models.decoders.pointer_memory_rows import Pointers
from uniseg3d.registry import MODELS
from uniseg3d.utils.errors import ConfigError

TREES_ON = ('cpu',)  # where a search tree beats a comparison of all pairs


@MODELS.register_module()
class AppendingMemory(nn.Module):
    """Every frame adds its pointers; nothing is merged.

    ``budget`` limits the pointers of a stream: those that no frame has touched for longest leave first, and among equals
    those that came first. It must hold the patches of one frame. ``None``: the memory grows with the explored space.
    """

    def __init__(self, budget: int | None = None) -> None:
        super().__init__()
        if budget is not None and budget < 1:
            raise ConfigError(f'a budget of {budget} pointers keeps nothing; give at least as many as an image has patches')
        self.budget = budget

    def forward(self, memory: Pointers | None, seen: Pointers) -> Pointers:
        """``memory`` after the frame ``seen``; a stream starts with ``None``."""
        if self.budget is not None and max(seen.counts) > self.budget:
            raise ConfigError(f'a frame makes {max(seen.counts)} pointers, more than the budget of {self.budget}; raise it')
        if memory is None:
            return seen
        grown = memory.store(seen, self._replaced(memory, seen.positions))
        return grown if self.budget is None else grown.keep_recent(self.budget)

    def _replaced(self, memory: Pointers, positions: Tensor) -> Tensor:
        """The old pointer whose place each of ``positions`` [B, N, 3] takes [B, N], -1 for none."""
        return torch.full(positions.shape[:2], -1, device=positions.device)


@MODELS.register_module()
class MergingMemory(AppendingMemory):
    """New pointers take the place of the nearest old one if that is near; pointers of one frame are never compared.

    Near is less than the diagonal of the box around all pointers, old and new, divided by ``cells``. An old pointer that
    several new ones hit becomes their mean, whatever it was before. ``budget`` as in ``AppendingMemory``.
    """

    def __init__(self, cells: float = 20.0, budget: int | None = None) -> None:
        super().__init__(budget)
        self.cells = cells

    def _replaced(self, memory: Pointers, positions: Tensor) -> Tensor:
        distance, index = nearest_pointers(memory, positions)
        return torch.where(distance < merge_radius(memory, positions, self.cells)[:, None], index, -1)


def merge_radius(memory: Pointers, positions: Tensor, cells: float) -> Tensor:
    """Diagonal of the box around old pointers and new ``positions`` [B, N, 3], divided by ``cells``: [B]."""
    old = memory.positions
    if memory.filling is not None:  # stands where no pointer need be
        old = torch.where(memory.filling[..., None], positions[:, :1], old)
    low, high = torch.cat([old, positions], 1).aminmax(dim=1)
    return ((high - low) / cells).norm(dim=-1)


def nearest_pointers(memory: Pointers, positions: Tensor) -> tuple[Tensor, Tensor]:
    """Distance to the old pointer nearest to each of ``positions`` [B, N, 3], and its row: [B, N] each."""
    usable = positions.device.type in TREES_ON and positions.isfinite().all() and memory.positions.isfinite().all()
    if usable:  # a tree refuses points that are not finite; who runs the network should tell that it diverged
        found = [_search(memory.positions[i, :count], positions[i]) for i, count in enumerate(memory.counts)]
        distance, index = (torch.stack(part) for part in zip(*found, strict=True))
        return distance.to(positions), index
    # not through products of coordinates, which torch prefers: far from the origin they lose small distances
    distance = torch.cdist(positions, memory.positions, compute_mode='donot_use_mm_for_euclid_dist')  # [B, N, M]
    if memory.filling is not None:
        distance = distance.masked_fill(memory.filling[:, None], float('inf'))
    return distance.min(-1)


def _search(points: Tensor, positions: Tensor) -> tuple[Tensor, Tensor]:
    return PointTree(points, 'pointers').nearest(positions, 'points that the network gives')
