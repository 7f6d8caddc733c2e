import numpy as np
import pytest
from toy_room import toy_room

from uniseg3d.rooms.cameras import UP_TO_STEEP, choose_views, draw_poses, halved, intrinsic_matrix
from uniseg3d.rooms.free_space import find_free_space
from uniseg3d.utils.errors import DataError


def inside_a_box(points: np.ndarray, margin: float = 0.0) -> np.ndarray:
    room = toy_room()
    low, high = np.stack([thing.box for thing in room.objects[5:]], axis=1)
    return ((points[:, None] > low - margin) & (points[:, None] < high + margin)).all(axis=2).any(axis=1)


def test_free_space_is_the_air_of_the_room():
    space = find_free_space(toy_room())
    points = np.random.default_rng(0).uniform([-0.5, -0.5, -0.5], [5.5, 4.5, 3], (4000, 3))
    in_room = ((points > 0.1) & (points < np.array([5, 4, 2.5]) - 0.1)).all(axis=1)
    expected = in_room & ~inside_a_box(points, 0.1)
    assert space.is_free(points[expected]).all()
    outside = ((points < -0.15) | (points > np.array([5, 4, 2.5]) + 0.15)).any(axis=1)
    assert not space.is_free(points[outside | inside_a_box(points, -0.06)]).any()


def test_air_that_is_cut_off_is_not_free():
    room = toy_room()
    space = find_free_space(room)
    assert not space.is_free(np.array([[0.25, 2.5, 0.8]])).any()  # inside the cabinet, which is hollow
    assert space.is_free(np.array([[2.6, 1.9, 0.3]])).all()  # under the table


def test_sight_ends_at_surfaces():
    space = find_free_space(toy_room())
    directions = np.array([[1.0, 0, 0], [-1, 0, 0], [0, 0, -1]])
    sight = space.sight(np.array([2.5, 1.0, 1.0]), directions, reach=2.0)
    np.testing.assert_allclose(sight, [2.0, 2.0, 1.0], atol=0.11)


def test_cameras_are_held_by_someone_standing_in_the_room():
    room = toy_room()
    poses = draw_poses(find_free_space(room), np.random.default_rng(1), 40)
    rotations, eyes = poses[:, :3, :3], poses[:, :3, 3]
    np.testing.assert_allclose(rotations @ rotations.transpose(0, 2, 1), np.tile(np.eye(3), (40, 1, 1)), atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(rotations), 1)
    assert ((eyes[:, 2] >= 1.2) & (eyes[:, 2] <= 1.8)).all()
    assert ((eyes[:, :2] > 0.2) & (eyes[:, :2] < np.array([4.8, 3.8]))).all()
    on_floor = eyes * [1, 1, 0] + [0, 0, 0.3]
    assert not inside_a_box(on_floor, 0.15).any()
    # OpenCV: the third column looks ahead and down, the second one points to the floor
    assert (rotations[:, 2, 2] < -0.15).all() and (rotations[:, 2, 1] < -0.7).all()
    assert np.linalg.norm(np.diff(eyes[:, :2], axis=0), axis=1).mean() < 0.9


def test_some_poses_look_up_if_asked():
    poses = draw_poses(find_free_space(toy_room()), np.random.default_rng(1), 40, UP_TO_STEEP)
    assert (poses[:, 2, 2] > 0.1).sum() > 4 and (poses[:, 2, 2] < -0.7).sum() > 2


def test_a_room_without_a_free_place_is_a_typed_error():
    with pytest.raises(DataError, match='free place'):
        draw_poses(find_free_space(toy_room(size=(0.3, 0.3, 2.5))), np.random.default_rng(0), 3)


def test_intrinsics_have_the_asked_field_of_view():
    matrix = intrinsic_matrix((240, 320), 70)
    edge = np.degrees(np.arctan((319.5 - matrix[0, 2]) / matrix[0, 0]))
    assert 2 * edge == pytest.approx(70)
    np.testing.assert_allclose(matrix[:2, 2], [159.5, 119.5])
    # pixel (2 i, 2 j) of the image is pixel (i, j) of the halved one
    np.testing.assert_allclose(halved(matrix) @ [0.1, 0.2, 1] * 2, matrix @ [0.1, 0.2, 1] + [0, 0, 1])


def test_views_are_chosen_for_what_they_add():
    coverage = np.array([[1, 1, 1, 0, 0, 0], [1, 1, 0, 0, 0, 0], [0, 0, 0, 1, 1, 0], [0, 0, 1, 1, 0, 0]], bool)
    nothing = np.zeros(6, bool)
    assert choose_views(coverage, nothing, 4) == [0, 2]
    assert choose_views(coverage, nothing, 1) == [0]
    assert choose_views(coverage, nothing, 4, wanted=0.4) == [0]
    assert choose_views(coverage, coverage[0], 4) == [2]
