import numpy as np

from uniseg3d.geometry.rotation import rotation_z, transform_points


def test_a_quarter_turn_takes_x_to_y():
    np.testing.assert_allclose(rotation_z(np.pi / 2) @ [1, 0, 5], [0, 1, 5], atol=1e-15)


def test_turns_add_up_and_keep_lengths():
    np.testing.assert_allclose(rotation_z(0.3) @ rotation_z(0.4), rotation_z(0.7), atol=1e-15)
    np.testing.assert_allclose(rotation_z(1.1) @ rotation_z(1.1).T, np.eye(3), atol=1e-15)


def test_points_are_rows_and_the_matrix_acts_on_columns():
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = 2 * rotation_z(np.pi / 2), [10, 0, 0]
    moved = transform_points(matrix, np.array([[1, 0, 0], [0, 1, 3]], dtype=np.float32))
    np.testing.assert_allclose(moved, [[10, 2, 0], [8, 0, 6]], atol=1e-12)
    assert moved.dtype == np.float64
