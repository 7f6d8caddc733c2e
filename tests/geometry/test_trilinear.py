import numpy as np
from scipy.interpolate import RegularGridInterpolator

from uniseg3d.geometry.trilinear import sample_grid

GRID = np.random.default_rng(0).normal(size=(4, 5, 3, 2)).astype(np.float32)
AXES = [np.arange(size) for size in GRID.shape[:3]]


def test_agrees_with_scipy_inside_and_is_zero_outside():
    cells = np.random.default_rng(1).uniform(-1, 6, (500, 3))
    expected = RegularGridInterpolator(AXES, GRID, bounds_error=False, fill_value=0)(cells)
    np.testing.assert_allclose(sample_grid(GRID, cells), expected, atol=1e-12)
    assert (expected == 0).all(1).any() and (expected != 0).all(1).any()


def test_nodes_keep_their_values_up_to_the_last_one():
    nodes = np.stack(np.meshgrid(*AXES, indexing='ij'), axis=-1).reshape(-1, 3).astype(float)
    np.testing.assert_array_equal(sample_grid(GRID, nodes), GRID.reshape(-1, 2).astype(np.float64))


def test_no_positions_give_no_values():
    assert sample_grid(GRID, np.zeros((0, 3))).shape == (0, 2)
