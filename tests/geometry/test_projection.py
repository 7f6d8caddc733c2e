"""Points to pixels and back, and what hides them."""

import numpy as np
import pytest
import torch

from uniseg3d.geometry.depth import depth_to_pointmap
from uniseg3d.geometry.projection import find_visible, project_points
from uniseg3d.utils.errors import DataError

SIZE = (12, 8)  # width, height
CAMERA = torch.tensor([[[10.0, 0, 5.5], [0, 10, 3.5], [0, 0, 1]]])


def looking_along_x(eye=(0.0, 0.0, 0.0)):
    """Camera-to-world of a camera at ``eye`` that looks along x, z up."""
    pose = torch.eye(4, dtype=torch.float64)
    pose[:3, :3] = torch.tensor([[0.0, 0, 1], [-1, 0, 0], [0, -1, 0]])
    pose[:3, 3] = torch.tensor(eye)
    return pose


def pairs(found):
    return torch.stack([found.view, found.point, found.column, found.row], 1).tolist()


def test_known_pixels():
    points = torch.tensor([[2.0, 0, 0], [2, -0.2, 0], [2, 0, 0.4]])  # ahead, to the right, above
    pixels, depth = project_points(points, looking_along_x()[None], CAMERA)
    torch.testing.assert_close(pixels[0], torch.tensor([[5.5, 3.5], [6.5, 3.5], [5.5, 1.5]]).double())
    assert depth.tolist() == [[2, 2, 2]]


def test_pixels_of_a_depth_map_come_back_to_themselves():
    rng = np.random.default_rng(0)
    depth = torch.from_numpy(rng.uniform(1, 3, (2, 8, 12)))
    poses = torch.stack([looking_along_x(), looking_along_x((0.3, 0.1, -0.2))])
    points = depth_to_pointmap(depth, CAMERA.double().expand(2, 3, 3), poses)  # [2, 8, 12, 3]
    for view in range(2):
        found = find_visible(points[view].flatten(0, 1), poses[view : view + 1], CAMERA, SIZE, depth[view : view + 1], 1e-6, 0)
        assert torch.equal(found.row * 12 + found.column, torch.arange(96))


@pytest.mark.parametrize(('distance', 'seen'), [(1.5, True), (1.9, True), (2.2, False), (1.2, False)])
def test_depth_hides_what_lies_behind_it_and_what_floats_before_it(distance, seen):
    depth = torch.full((1, 8, 12), 1.6)
    found = find_visible(torch.tensor([[distance, 0, 0]]), looking_along_x()[None], CAMERA, SIZE, depth, 0.2, 0)
    assert len(found) == seen


def test_what_is_behind_outside_or_unmeasured_is_not_seen():
    points = torch.tensor([[2.0, 0, 0], [-2, 0, 0], [0, 0, 0], [2, 5, 0]])
    poses = looking_along_x()[None]
    assert pairs(find_visible(points, poses, CAMERA, SIZE, border=0)) == [[0, 0, 6, 4]]  # halves go to even pixels
    assert len(find_visible(points, poses, CAMERA, SIZE, torch.zeros(1, 8, 12))) == 0
    assert len(find_visible(points, poses, CAMERA, SIZE, border=4)) == 0


def test_a_lost_camera_shows_nothing_and_disturbs_nobody():
    poses = torch.stack([torch.full((4, 4), -torch.inf).double(), looking_along_x()])
    found = find_visible(torch.tensor([[2.0, 0, 0]]), poses, CAMERA, SIZE, border=0)
    assert found.view.tolist() == [1] and found.seen().all()


def test_one_view_of_several():
    points, poses = torch.rand(50, 3) + torch.tensor([1.0, -0.5, -0.5]), torch.stack([looking_along_x()] * 3)
    found = find_visible(points, poses, CAMERA, SIZE, border=0)
    assert len(found) == sum(len(found.of(view)) for view in range(3)) and len(found.of(0)) > 5
    assert found.of(1).view.unique().tolist() == [1]
    assert torch.equal(found.of(0).point, found.of(2).point)


def test_no_points_and_no_views():
    assert len(find_visible(torch.zeros(0, 3), looking_along_x()[None], CAMERA, SIZE)) == 0
    assert len(find_visible(torch.ones(3, 3), torch.zeros(0, 4, 4), CAMERA, SIZE)) == 0


def test_depth_of_another_size_is_refused():
    with pytest.raises(DataError, match=r'1 maps of 12 x 8'):
        find_visible(torch.ones(3, 3), looking_along_x()[None], CAMERA, SIZE, torch.zeros(1, 12, 8))
