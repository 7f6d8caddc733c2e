"""Triton kernels for CUDA (float32, float16, bfloat16): masked implicit GEMM, no temporary copies of the features.

Triton builds the launcher of a kernel with a C compiler when it first runs, so it counts as ready only after it has computed a
small convolution right.
"""

import os
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from uniseg3d.ops.sparse.table import NeighbourTable

TYPES = (torch.float32, torch.float16, torch.bfloat16)
MOST_TILE_ROWS, LEAST_TILE_ROWS = 64, 16  # tensor cores want 16 rows; more of them share what they read of the weight
INTERPRETED_PROGRAMS = 1  # the interpreter runs them one after the other
PAIRS = 32  # of a step of the weight gradient
SHARE = 8192  # pairs that one program of the weight gradient sums
MASK_BITS = 63  # kernel offsets that one integer can flag


@dataclass
class Plan:
    """Rows with the same neighbours side by side, so that a tile visits few offsets; and all pairs in one list."""

    order: Tensor  # [n_out] int32
    unions: Tensor  # [tiles] int64: bit k is set where a row of the tile has a neighbour at offset k
    tile_rows: int
    source: Tensor  # [P] pairs, offset by offset
    target: Tensor
    starts: Tensor  # [K + 1]
    longest: int


_plans: WeakKeyDictionary[NeighbourTable, Plan] = WeakKeyDictionary()


def interpreted() -> bool:
    """Triton runs its kernels in Python on any device: slow, for tests."""
    return os.environ.get('TRITON_INTERPRET') == '1'


@cache
def _kernels() -> ModuleType | str:
    try:
        return import_module('uniseg3d.ops.sparse.backends.triton_kernels')
    except ImportError as error:
        return f'triton cannot be imported ({error}); it comes with CUDA builds of PyTorch'


def missing() -> str | None:
    """Why this machine cannot run it, or None."""
    if not torch.cuda.is_available() and not interpreted():
        return 'it needs a CUDA device'
    kernels = _kernels()
    return kernels if isinstance(kernels, str) else _trial('cuda' if torch.cuda.is_available() else 'cpu')


@cache
def _trial(device: str) -> str | None:
    """Why one row cannot be convolved here, or None; seconds where nothing is compiled yet."""
    row, weight = torch.ones(1, 16, device=device), torch.ones(1, 16, 16, device=device)
    try:
        table = NeighbourTable(torch.zeros(1, 1, dtype=torch.int32, device=device), 1, True)
        right = bool((convolve(row, weight, table) == 16).all()) and bool((weight_gradient(row, row, table) == 1).all())
    except Exception as error:  # no C compiler, no writable cache, a driver that is too old: it fails in any way
        complaint = (str(error).strip() or type(error).__name__).splitlines()[0]
        return f'triton failed at a small convolution ({complaint}); it needs a C compiler and a writable cache (~/.triton)'
    return None if right else 'triton computed a small convolution wrong'


def refuses(features: Tensor, weight: Tensor) -> str | None:
    """Why it cannot compute on tensors like these, or None."""
    if features.device.type != 'cuda' and not interpreted():
        return f'it computes on CUDA, the features are on {features.device}'
    if interpreted() and features.dtype == torch.bfloat16:
        return "Triton's interpreter does not compute in bfloat16"
    return (
        None if features.dtype in TYPES else f'it computes in {", ".join(map(str, TYPES))}, the features are {features.dtype}'
    )


def convolve(features: Tensor, weight: Tensor, table: NeighbourTable) -> Tensor:
    """See ``Backend.convolve``."""
    volume, cin, cout = weight.shape
    features, weight, plan = features.contiguous(), weight.contiguous(), _plan(table)
    out = features.new_empty(table.target_count, cout)
    blocks = {'block_rows': plan.tile_rows, 'block_in': _block(cin, 32), 'block_out': _block(cout, 64)}
    grid = (len(plan.unions), -(-cout // blocks['block_out']))
    _launch('convolve_tile', grid)(
        *(features, weight, table.rows, plan.order, plan.unions, out, table.target_count, cin, cout),
        **{'volume': volume, 'masked': volume <= MASK_BITS, 'precision': _precision(), **blocks},
    )
    return out


def weight_gradient(features: Tensor, grad: Tensor, table: NeighbourTable) -> Tensor:
    """See ``Backend.weight_gradient``."""
    cin, cout, plan = features.shape[1], grad.shape[1], _plan(table)
    parts = max(-(-plan.longest // SHARE), 1)
    partial = features.new_empty(parts, table.volume, cin, cout, dtype=torch.float32)
    blocks = {'block_pairs': PAIRS, 'block_in': _block(cin, 32), 'block_out': _block(cout, 64)}
    grid = (parts * table.volume, -(-cin // blocks['block_in']), -(-cout // blocks['block_out']))
    _launch('gradient_tile', grid)(
        *(features.contiguous(), grad.contiguous(), plan.source, plan.target, plan.starts, partial),
        *(cin, cout, SHARE, table.volume),
        **{'precision': _precision(), **blocks},
    )
    return partial.sum(0).to(features.dtype)


def _launch(name: str, grid: tuple[int, ...]) -> Any:
    return getattr(_kernels(), name)[grid]


def _plan(table: NeighbourTable) -> Plan:
    if table not in _plans:
        tile_rows = rows_of_tile(table.target_count, _programs(table.rows))
        order, unions = _order(table.rows, tile_rows)
        counts = torch.tensor([0, *(len(pairs.source) for pairs in table.pairs)])
        source, target = torch.cat([p.source for p in table.pairs]), torch.cat([p.target for p in table.pairs])
        starts = counts.cumsum(0).int().to(table.rows.device)
        _plans[table] = Plan(order, unions, tile_rows, source, target, starts, int(counts.max()))
    return _plans[table]


def rows_of_tile(count: int, programs: int) -> int:
    """Rows of one program's tile: few where the levels are small, so that every multiprocessor has work."""
    rows = MOST_TILE_ROWS
    while rows > LEAST_TILE_ROWS and count < rows * programs:
        rows //= 2
    return rows


def _programs(rows: Tensor) -> int:
    return torch.cuda.get_device_properties(rows.device).multi_processor_count if rows.is_cuda else INTERPRETED_PROGRAMS


def _order(rows: Tensor, tile_rows: int) -> tuple[Tensor, Tensor]:
    """Sort rows by the set of their offsets, and unite the sets of each tile."""
    volume, count = rows.shape
    tiles = -(-count // tile_rows)
    if volume > MASK_BITS:
        return torch.arange(count, dtype=torch.int32, device=rows.device), rows.new_zeros(tiles, dtype=torch.int64)
    flags = torch.zeros(tiles * tile_rows, dtype=torch.int64, device=rows.device)
    for k in range(volume):
        flags[:count] |= (rows[k] >= 0).long() << k
    flags[:count], order = flags[:count].sort()
    unions = flags.view(tiles, tile_rows)
    while unions.shape[1] > 1:
        unions = unions[:, ::2] | unions[:, 1::2]
    return order.int(), unions.flatten().contiguous()


def _block(channels: int, most: int) -> int:
    """Tensor cores want at least 16 columns, in powers of two."""
    return min(max(16, 1 << (channels - 1).bit_length()), most)


def _precision() -> str:
    return 'tf32' if torch.backends.cuda.matmul.allow_tf32 else 'ieee'
