"""Triton kernels of masked implicit GEMM: gathers, products and sums in one pass, without atomics."""

# mypy: allow-untyped-defs, allow-incomplete-defs
import triton
import triton.language as tl


@triton.jit
def convolve_tile(
    x, w, rows, order, unions, out, n, cin, cout,
    volume: tl.constexpr, masked: tl.constexpr, precision: tl.constexpr,
    block_rows: tl.constexpr, block_in: tl.constexpr, block_out: tl.constexpr,
):  # fmt: skip
    """A tile of output rows (in ``order``) and columns: sum over the offsets that any row of the tile has."""
    place = tl.program_id(0) * block_rows + tl.arange(0, block_rows)
    column = tl.program_id(1) * block_out + tl.arange(0, block_out)
    row = tl.load(order + place, mask=place < n, other=0)
    union = tl.load(unions + tl.program_id(0))
    total = tl.zeros((block_rows, block_out), dtype=tl.float32)
    for k in range(volume):
        if (not masked) or ((union >> k) & 1) != 0:
            source = tl.load(rows + tl.cast(k, tl.int64) * n + row, mask=place < n, other=-1).to(tl.int64)
            for start in range(0, cin, block_in):
                inner = start + tl.arange(0, block_in)
                left_mask = (source[:, None] >= 0) & (inner[None, :] < cin)
                left = tl.load(x + source[:, None] * cin + inner[None, :], mask=left_mask, other=0.0)
                right_mask = (inner[:, None] < cin) & (column[None, :] < cout)
                right = tl.load(w + (k * cin + inner[:, None]) * cout + column[None, :], mask=right_mask, other=0.0)
                total += tl.dot(left, right, input_precision=precision)
    out_mask = (place[:, None] < n) & (column[None, :] < cout)
    tl.store(out + row.to(tl.int64)[:, None] * cout + column[None, :], total.to(out.dtype.element_ty), mask=out_mask)


@triton.jit
def gradient_tile(
    x, grad, source, target, starts, partial, cin, cout, share, volume,
    precision: tl.constexpr, block_pairs: tl.constexpr, block_in: tl.constexpr, block_out: tl.constexpr,
):  # fmt: skip
    """A tile of one offset's weight gradient over one share of its pairs; shares are added up afterwards."""
    k, part = tl.program_id(0) % volume, tl.program_id(0) // volume
    row = tl.program_id(1) * block_in + tl.arange(0, block_in)
    column = tl.program_id(2) * block_out + tl.arange(0, block_out)
    first, last = tl.load(starts + k) + part * share, tl.load(starts + k + 1)
    last = tl.minimum(last, first + share)
    total = tl.zeros((block_in, block_out), dtype=tl.float32)
    for start in range(first, last, block_pairs):
        pair = start + tl.arange(0, block_pairs)
        there = pair < last
        left_row = tl.load(source + pair, mask=there, other=0).to(tl.int64)
        right_row = tl.load(target + pair, mask=there, other=0)
        left_mask = there[None, :] & (row[:, None] < cin)
        left = tl.load(x + left_row[None, :] * cin + row[:, None], mask=left_mask, other=0.0)
        right_mask = there[:, None] & (column[None, :] < cout)
        right = tl.load(grad + right_row[:, None] * cout + column[None, :], mask=right_mask, other=0.0)
        total += tl.dot(left, right, input_precision=precision)
    place = (tl.program_id(0).to(tl.int64) * cin + row[:, None]) * cout + column[None, :]
    tl.store(partial + place, total, mask=(row[:, None] < cin) & (column[None, :] < cout))
