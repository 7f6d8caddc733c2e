"""The point under the cursor."""

import numpy as np
from room_shells import shell

from uniseg3d.demo.picking import below_ceiling, pick_point, usual_spacing


def test_the_frontmost_point_on_the_ray_is_meant():
    xyz = np.array([[0, 0, 5.0], [0, 0, 2], [0, 0, -1], [1, 0, 2]])
    assert pick_point(xyz, np.zeros(3), np.array([0, 0, 9.0])) == 1
    assert pick_point(xyz, np.array([0, 0, 3.0]), np.array([0, 0, 1.0])) == 0


def test_of_neighbours_the_one_nearest_to_the_ray_is_meant():
    grid = np.stack(np.meshgrid(np.linspace(-1, 1, 201), np.linspace(-1, 1, 201), [2.0]), -1).reshape(-1, 3)
    grid = np.concatenate([grid, grid + [0, 0, 1]])
    aim = np.array([0.3, -0.2, 2.0])
    row = pick_point(grid, np.zeros(3), aim)
    assert np.allclose(grid[row], aim, atol=1e-6)


def test_a_ray_into_the_void_means_nothing():
    assert pick_point(np.array([[0, 0, 2.0]]), np.zeros(3), np.array([1.0, 0, 0])) is None
    assert pick_point(np.zeros((0, 3)), np.zeros(3), np.array([0, 0, 1.0])) is None


def test_far_points_need_not_be_hit_exactly():
    xyz = np.array([[0.05, 0, 10.0]])
    assert pick_point(xyz, np.zeros(3), np.array([0, 0, 1.0])) == 0
    assert pick_point(xyz / 10 * [10, 1, 1], np.zeros(3), np.array([0, 0, 1.0])) is None


def test_the_spacing_of_a_grid_is_its_step_within_reason():
    grid = np.stack(np.meshgrid(np.arange(40), np.arange(40), [0]), -1).reshape(-1, 3)
    assert np.isclose(usual_spacing(grid * 0.05), 0.05)
    assert usual_spacing(grid * 0.001) == 0.02 and usual_spacing(grid * 9.0) == 0.2
    assert usual_spacing(np.zeros((1, 3))) == 0.02


def test_a_ceiling_is_not_shown_at_first_and_walls_are_none():
    assert below_ceiling(shell(ceiling=False)) == 1
    assert np.isclose(below_ceiling(shell(ceiling=True)) * 3, 2.2)
    assert below_ceiling(shell(ceiling=True) * [1, 1, 0.4]) == 1, 'a table is no ceiling'
    assert below_ceiling(np.zeros((0, 3))) == below_ceiling(np.zeros((2, 3))) == 1
