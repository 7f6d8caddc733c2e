"""One row per cell: what it averages, whom it keeps apart, and that every point finds its row."""

import numpy as np
import pytest

from uniseg3d.geometry import thinning
from uniseg3d.geometry.thinning import occupied_cells
from uniseg3d.utils.errors import DataError


def test_points_of_a_cell_share_a_row_and_its_mean():
    xyz = np.array([[0, 0, 0], [0.09, 0.02, 0], [0.31, 0, 0], [5, 5, 5]], np.float32)
    cells = occupied_cells(xyz, 0.1)
    assert cells.of_point.tolist() == [0, 0, 1, 2] and cells.sizes.tolist() == [2, 1, 1]
    np.testing.assert_allclose(cells.mean(xyz)[0], [0.045, 0.01, 0])
    assert cells.first().tolist() == [0, 2, 3]


def test_groups_never_share_a_cell():
    xyz = np.zeros((4, 3))
    cells = occupied_cells(xyz, 1.0, np.array([2, 0, 2, 1]))
    assert len(cells) == 3 and cells.of_point[0] == cells.of_point[2] != cells.of_point[1]


def test_parts_of_a_large_cloud_agree_with_the_whole(monkeypatch):
    rng = np.random.default_rng(0)
    xyz, groups = rng.random((1000, 3)).astype(np.float32) * 3, rng.integers(0, 4, 1000)
    whole = occupied_cells(xyz, 0.25, groups)
    monkeypatch.setattr(thinning, 'CHUNK', 64)
    parts = occupied_cells(xyz, 0.25, groups)
    np.testing.assert_array_equal(whole.of_point, parts.of_point)
    sums = np.zeros((len(whole), 3))
    np.add.at(sums, whole.of_point, xyz)
    np.testing.assert_allclose(whole.mean(xyz), sums / whole.sizes[:, None], rtol=1e-5)


def test_a_wild_extent_is_refused():
    with pytest.raises(DataError, match='too many cells'):
        occupied_cells(np.array([[0, 0, 0], [1e9, 1e9, 1e9]]), 0.01)
