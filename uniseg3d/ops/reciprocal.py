"""Pixels of two images that take each other for the most alike."""

import torch
from torch import Tensor

BLOCK = 8192


def reciprocal_matches(
    first: Tensor,  # [H, W, F] descriptors of unit length
    second: Tensor,  # [H', W', F]
    step: int = 8,
    rounds: int = 10,
) -> tuple[Tensor, Tensor]:
    """Flat indices [K] of pixels of both images that are each other's nearest, sorted by the first, each pair once.

    A grid of pixels of the first image, ``step`` apart, starts: each goes to its nearest in the second image, from there to the
    nearest in the first, and so on, until it comes back to where it was or ``rounds`` are over. So few pixels are compared.
    """
    table, other = first.flatten(0, 1), second.flatten(0, 1)
    here = _grid(first.shape[0], first.shape[1], step, first.device)  # [K]
    there_before = torch.full_like(here, -1)
    found = []
    for _ in range(rounds):
        there = nearest(table[here], other)
        moved = there != there_before
        here, there = here[moved], there[moved]
        back = nearest(other[there], table)
        found.append(torch.stack([back, there])[:, back == here])
        going = back != here
        here, there_before = back[going], there[going]
        if not len(here):
            break
    matches = torch.cat(found, 1).unique(dim=1)  # [2, K]
    return matches[0], matches[1]


def nearest(queries: Tensor, table: Tensor, block: int = BLOCK) -> Tensor:
    """Row of ``table`` [M, F] with the largest product with each of ``queries`` [K, F]: [K], the first of equals."""
    found = []
    for part in queries.split(block):
        best = torch.full((len(part),), -torch.inf, dtype=part.dtype, device=part.device)
        index = torch.zeros(len(part), dtype=torch.long, device=part.device)
        for start in range(0, len(table), block):
            value, row = (part @ table[start : start + block].T).max(1)
            better = value > best
            best, index = torch.where(better, value, best), torch.where(better, row + start, index)
        found.append(index)
    return torch.cat(found) if found else torch.zeros(0, dtype=torch.long, device=table.device)


def _grid(height: int, width: int, step: int, device: torch.device) -> Tensor:
    rows, columns = (torch.arange(min(step // 2, size - 1), size, step, device=device) for size in (height, width))
    return (rows[:, None] * width + columns).flatten()
