"""What can be known of the MinkowskiEngine peer without the package; with it, ``READY`` holds it to all other tests."""

import sys
from types import SimpleNamespace

import pytest
import torch
from dense_reference import READY

from uniseg3d.ops.sparse import NeighbourTable
from uniseg3d.ops.sparse.backends import minkowski_peer
from uniseg3d.utils.errors import DataError


def test_its_types_are_named() -> None:
    assert minkowski_peer.refuses(torch.ones(1, 1), torch.ones(1, 1, 1)) is None
    assert 'torch.float16' in str(minkowski_peer.refuses(torch.ones(1, 1).half(), torch.ones(1, 1, 1)))


def test_a_table_without_a_place_is_refused() -> None:
    table = NeighbourTable(torch.zeros(1, 1, dtype=torch.int32), 1)
    with pytest.raises(DataError, match='does not say where its rows lie'):
        minkowski_peer.convolve(torch.ones(1, 1), torch.ones(1, 1, 1), table)


@pytest.mark.skipif('minkowski' in READY, reason='the package is here: all engine tests run on it')
def test_a_broken_build_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that imports but cannot convolve is told from one that works."""
    monkeypatch.setitem(sys.modules, 'MinkowskiEngine', SimpleNamespace(__version__='0.5.4'))
    for cached in (minkowski_peer.missing, minkowski_peer._engine):
        cached.cache_clear()
    try:
        assert 'failed at a small convolution' in str(minkowski_peer.missing())
        monkeypatch.setattr(minkowski_peer, '_computes_right', lambda: False)
        minkowski_peer.missing.cache_clear()
        assert 'convolution wrong' in str(minkowski_peer.missing())
    finally:
        for cached in (minkowski_peer.missing, minkowski_peer._engine):
            cached.cache_clear()
