import numpy as np
import pytest
from toy_room import looking_at, toy_room

from uniseg3d.rooms.raster import NEAR, pixel_rays, rasterize, ray_cast

INTRINSIC = np.array([[60.0, 0, 39.5], [0, 60.0, 29.5], [0, 0, 1]])
SIZE = (60, 80)


def agreement(vertices, faces, poses):
    depth, face = rasterize(vertices, faces, INTRINSIC, poses, SIZE)
    expected_depth, expected_face = ray_cast(vertices, faces, INTRINSIC, poses, SIZE)
    same = face == expected_face
    np.testing.assert_allclose(depth[same], expected_depth[same], rtol=1e-5)
    return same.mean()


def test_a_room_looks_the_same_to_both_renderers():
    room = toy_room()
    poses = np.stack([looking_at((0.5, 0.5, 1.6), (4, 3, 0.3)), looking_at((4.5, 3.0, 1.4), (0, 1, 1.0))])
    # only pixels exactly on an edge between two triangles may be given to either of them
    assert agreement(room.vertices, room.faces, poses) > 0.995


@pytest.mark.parametrize('seed', range(3))
def test_random_triangles_behind_beside_and_through_the_camera(seed):
    rng = np.random.default_rng(seed)
    vertices = rng.normal(scale=1.5, size=(60, 3))
    faces = rng.permutation(60).reshape(-1, 3)
    poses = np.stack([looking_at(rng.normal(size=3) * 0.3, rng.normal(size=3)) for _ in range(3)])
    assert agreement(vertices, faces, poses) > 0.99


def test_depth_of_a_tilted_plane_is_perspective_correct():
    floor = np.array([[-50, -50, 0], [50, -50, 0], [50, 50, 0], [-50, 50, 0]], float)
    pose = looking_at((0, 0, 1.5), (0, 3, 0))
    depth, face = rasterize(floor, np.array([[0, 1, 2], [0, 2, 3]]), INTRINSIC, pose[None], SIZE)
    points = pixel_rays(INTRINSIC, SIZE) * depth[0, ..., None] @ pose[:3, :3].T + pose[:3, 3]
    seen = face[0] >= 0
    assert seen.mean() > 0.6
    np.testing.assert_allclose(points[seen][:, 2], 0, atol=1e-4)


def test_nothing_in_front_of_the_camera_leaves_empty_images():
    triangle = np.array([[-1, -1, -2], [1, -1, -2], [0, 1, -2]], float)
    depth, face = rasterize(triangle, np.array([[0, 1, 2]]), INTRINSIC, np.eye(4)[None], SIZE)
    assert (depth == 0).all() and (face == -1).all()


def test_the_near_plane_cuts_and_degenerate_triangles_are_skipped():
    vertices = np.array([[-1, 0.2, -1], [1, 0.2, -1], [0, 0.2, 3], [0, 0, 1], [0, 0, 1], [0, 0, 1]], float)
    depth, face = rasterize(vertices, np.array([[0, 1, 2], [3, 4, 5]]), INTRINSIC, np.eye(4)[None], SIZE)
    assert set(np.unique(face)) == {-1, 0}
    assert depth[face == 0].min() >= NEAR


def test_the_nearer_triangle_wins_whatever_the_order():
    near = [[-1, -1, 1], [1, -1, 1], [0, 1, 1]]
    far = [[-2, -2, 2], [2, -2, 2], [0, 2, 2]]
    for vertices, nearest in ((near + far, 0), (far + near, 1)):
        depth, face = rasterize(np.array(vertices, float), np.arange(6).reshape(2, 3), INTRINSIC, np.eye(4)[None], SIZE)
        assert face[0, 30, 40] == nearest
        assert depth[0, 30, 40] == pytest.approx(1)
