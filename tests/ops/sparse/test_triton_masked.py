"""How the Triton back end cuts its work; its kernels run where ``test_backend`` starts them in the interpreter."""

import pytest
import torch
from dense_reference import READY, random_level

from uniseg3d.ops.sparse import centred_window
from uniseg3d.ops.sparse.backends import triton_masked
from uniseg3d.ops.sparse.backends.triton_masked import LEAST_TILE_ROWS, MOST_TILE_ROWS, rows_of_tile


def test_small_levels_get_small_tiles() -> None:
    assert rows_of_tile(100_000, 132) == MOST_TILE_ROWS and rows_of_tile(1, 132) == LEAST_TILE_ROWS
    sizes = [rows_of_tile(count, 132) for count in range(0, 20_000, 500)]
    assert sizes == sorted(sizes) and set(sizes) == {16, 32, 64}
    for count in (2112, 4224, 8448):
        assert -(-count // rows_of_tile(count, 132)) >= 132, 'no multiprocessor is idle'


@pytest.mark.parametrize('tile_rows', [16, 32, 64])
def test_rows_with_the_same_neighbours_share_a_tile(tile_rows: int) -> None:
    rows = random_level(1, (8, 8, 8), 1, 0.5).neighbours(centred_window(3)).rows
    order, unions = triton_masked._order(rows, tile_rows)
    assert sorted(order.tolist()) == list(range(rows.shape[1])) and len(unions) == -(-rows.shape[1] // tile_rows)
    for tile, union in enumerate(unions.tolist()):
        members = order[tile * tile_rows : (tile + 1) * tile_rows].long()
        there = (rows[:, members] >= 0).any(1)
        assert [bool(union >> k & 1) for k in range(27)] == there.tolist()


@pytest.mark.skipif('triton' not in READY, reason='needs CUDA, or the interpreter: TRITON_INTERPRET=1')
@pytest.mark.parametrize('tile_rows', [16, 32, 64])
def test_tiles_do_not_change_results(monkeypatch: pytest.MonkeyPatch, tile_rows: int) -> None:
    monkeypatch.setattr(triton_masked, 'rows_of_tile', lambda *_: tile_rows)
    level = random_level(2, (7, 6, 5), 2, 0.4)
    table = level.neighbours(centred_window(3))
    x, w = torch.randn(len(level), 20), torch.randn(27, 20, 24)
    expected = sum(
        x[rows.clamp(min=0).long()] * (rows >= 0)[:, None] @ matrix for rows, matrix in zip(table.rows, w, strict=True)
    )
    torch.testing.assert_close(triton_masked.convolve(x, w, table), expected, atol=1e-4, rtol=1e-4)
