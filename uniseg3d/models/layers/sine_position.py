"""Sines and cosines of where a cell stands on a grid, for grids of any size: position 1 of n is 2π / n."""

import math

import torch
from torch import Tensor

EPSILON = 1e-6


def sine_axis(count: int, channels: int, device: torch.device | None = None, temperature: float = 10000.0) -> Tensor:
    """Position 1..``count`` as sine and cosine in turn, slower from pair to pair: [count, channels]."""
    angle = torch.arange(1, count + 1, device=device, dtype=torch.float32) / (count + EPSILON) * (2 * math.pi)
    pair = torch.arange(channels, device=device, dtype=torch.float32).div(2, rounding_mode='floor')
    phase = angle[:, None] / temperature ** (2 * pair / channels)
    even = torch.arange(channels, device=device) % 2 == 0
    return torch.where(even, phase.sin(), phase.cos())


def sine_grid(rows: int, columns: int, channels: int, device: torch.device | None = None) -> Tensor:
    """Cells in raster order, the row in the first half of the channels: [rows * columns, channels]."""
    half = channels // 2
    down = sine_axis(rows, half, device)[:, None].expand(-1, columns, -1)
    across = sine_axis(columns, channels - half, device)[None].expand(rows, -1, -1)
    return torch.cat([down, across], -1).flatten(0, 1)


def sine_video(frames: int, rows: int, columns: int, channels: int, device: torch.device | None = None) -> Tensor:
    """Cells of all frames, frame after frame: the place in the frame plus the frame's number: [frames * rows * columns, C]."""
    place = sine_grid(rows, columns, channels, device)
    return (place + sine_axis(frames, channels, device)[:, None]).flatten(0, 1)
