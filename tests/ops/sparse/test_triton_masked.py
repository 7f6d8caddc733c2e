"""How the Triton back end cuts its work; its kernels run where ``test_backend`` starts them in the interpreter."""

from collections.abc import Iterator
from types import ModuleType

import pytest
import torch
from dense_reference import READY, random_level

from uniseg3d.ops.sparse import available_backends, centred_window, sparse_convolution
from uniseg3d.ops.sparse.backend import select_backend
from uniseg3d.ops.sparse.backends import torch_native, triton_masked
from uniseg3d.ops.sparse.backends.triton_masked import LEAST_TILE_ROWS, MOST_TILE_ROWS, rows_of_tile
from uniseg3d.utils.errors import ConfigError


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


class Launcher:
    """Stands where Triton would: fails as it does without a C compiler, or leaves the result as it was allocated."""

    def __init__(self, complaint: str | None) -> None:
        self.complaint, self.launches = complaint, 0

    def __call__(self, *arguments: object, **options: object) -> None:
        self.launches += 1
        if self.complaint is not None:
            raise RuntimeError(self.complaint)
        for tensor in arguments:
            if isinstance(tensor, torch.Tensor) and tensor.is_floating_point():
                tensor.fill_(3.0)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """A machine that seems to have all that Triton needs; what it says of itself is asked anew."""
    monkeypatch.setenv('TRITON_INTERPRET', '1')
    monkeypatch.setattr(triton_masked, '_kernels', lambda: ModuleType('kernels'))
    triton_masked._trial.cache_clear()
    yield monkeypatch
    triton_masked._trial.cache_clear()


@pytest.mark.parametrize(
    ('complaint', 'reason'),
    [
        ('Failed to find C compiler. Please specify via CC environment variable.\nmore', 'Failed to find C compiler.*CC env'),
        ('', 'RuntimeError'),
        (None, 'computed a small convolution wrong'),
    ],
)
def test_a_launch_that_fails_is_no_error_but_a_reason(
    installed: pytest.MonkeyPatch, complaint: str | None, reason: str
) -> None:
    launcher = Launcher(complaint)
    installed.setattr(triton_masked, '_launch', lambda *_: launcher)
    installed.setattr('uniseg3d.ops.sparse.backend.AUTO', {'cpu': ('triton', 'torch')})
    x, w = torch.ones(4, 2), torch.ones(27, 2, 2)
    assert select_backend(x, w) is torch_native
    table = random_level(1, (4, 4, 4), 1, 0.5).neighbours(centred_window(3))
    assert sparse_convolution(torch.ones(table.target_count, 2), w, table).isfinite().all()
    said = {report.name: report for report in available_backends()}['triton']
    assert not said.ready and '\n' not in said.detail
    with pytest.raises(ConfigError, match=reason):
        select_backend(x, w, 'triton')
    assert launcher.launches == 1, 'tried once, not at every call'
