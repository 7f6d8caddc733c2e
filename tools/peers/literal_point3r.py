"""Point3R's rotary embedding and pointer update as one would write them down: by heads, by bases, by pointers."""

import math

import torch
from torch import Tensor

BASES = (10, 100, 1000, 10000)


def literal_rotation_3d(tokens: Tensor, positions: Tensor, leading: int = 0) -> Tensor:
    """``tokens`` [B, heads, leading + P, D] seen from ``positions`` [B, P, 3]; the leading ones stay."""
    width = tokens.shape[-1]
    chunks = [width // 3, width // 3, width - 2 * (width // 3)]
    result = tokens.clone()
    for head in range(tokens.shape[1]):
        start = 0
        for axis, size in enumerate(chunks):
            chunk = tokens[:, head, leading:, start : start + size]
            turned = [_turned(chunk, positions[..., axis], base) for base in BASES]
            result[:, head, leading:, start : start + size] = sum(turned) / len(BASES)
            start += size
    return result


def _turned(chunk: Tensor, position: Tensor, base: int) -> Tensor:
    """One axis [B, P, d] under one base; ``position`` [B, P]."""
    size = chunk.shape[-1]
    first = math.ceil(size / 2)
    frequency = torch.tensor([base ** (-2 * j / size) for j in range(first)], device=chunk.device)
    angle = position[..., None] * frequency
    angle = torch.cat([angle, angle], -1)[..., :size]
    half = torch.cat([-chunk[..., first:], chunk[..., :first]], -1)
    return chunk * angle.cos() + half * angle.sin()


def literal_merge(
    features: Tensor, positions: Tensor, new_features: Tensor, new_positions: Tensor, cells: float = 20
) -> tuple[Tensor, Tensor]:
    """One stream's pointers [M, C] and [M, 3] after a frame's [N, C] and [N, 3], one new pointer after the other."""
    every = torch.cat([positions, new_positions])
    radius = ((every.max(0).values - every.min(0).values) / cells).norm()
    hits: dict[int, list[int]] = {}
    appended = []
    for number, position in enumerate(new_positions):
        distance = (positions - position).norm(dim=1)
        nearest = int(distance.argmin())
        if distance[nearest] >= radius:
            appended.append(number)
        else:
            hits.setdefault(nearest, []).append(number)
    features, positions = features.clone(), positions.clone()
    for old, numbers in hits.items():
        features[old], positions[old] = new_features[numbers].mean(0), new_positions[numbers].mean(0)
    return torch.cat([features, new_features[appended]]), torch.cat([positions, new_positions[appended]])
