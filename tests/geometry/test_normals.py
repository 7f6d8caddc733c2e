import torch
from geometry_samples import random_points, random_rotations, relief

from uniseg3d.geometry.cameras import intrinsic_matrix
from uniseg3d.geometry.depth import camera_rays
from uniseg3d.geometry.normals import cloud_normals, pointmap_normals


def test_points_of_a_plane_have_its_normal():
    rotation = random_rotations()
    points = random_points(200) * torch.tensor([1.0, 1, 0]).double() @ rotation.T + 5
    cosine = (cloud_normals(points) @ rotation[:, 2]).abs()
    torch.testing.assert_close(cosine, torch.ones_like(cosine))


def test_points_of_a_sphere_look_outward_or_inward():
    points = torch.nn.functional.normalize(random_points(3000), dim=-1)
    cosine = (cloud_normals(points, 10) * points).sum(-1).abs()
    assert cosine.min() > 0.98
    torch.testing.assert_close(cloud_normals(points.float(), 10).norm(dim=-1), torch.ones(3000))


def test_few_points_get_some_unit_vector():
    for count in (0, 1, 2):
        normals = cloud_normals(random_points(count))
        assert normals.shape == (count, 3)
        torch.testing.assert_close(normals.norm(dim=-1), torch.ones(count).double())


def test_a_plane_before_the_camera():
    rays = camera_rays(intrinsic_matrix(torch.tensor(20.0).double(), torch.tensor([8.0, 6.0]).double()), 12, 16)
    normal = torch.nn.functional.normalize(torch.tensor([0.3, -0.2, -1.0]).double(), dim=0)
    points = rays * (-2.0 / (rays @ normal))[..., None]  # on the plane n · x = -2
    normals = pointmap_normals(torch.stack([points, points * 3]))
    torch.testing.assert_close(normals, normal.expand_as(normals))


def test_normals_look_at_the_camera_and_agree_with_those_of_the_cloud():
    points = relief(40, 50, 60)
    normals = pointmap_normals(points)
    assert ((normals * points).sum(-1) < 0).all()
    cosine = (normals * cloud_normals(points.reshape(-1, 3), 9).reshape(40, 50, 3)).sum(-1).abs()
    assert cosine[2:-2, 2:-2].min() > 0.97


def test_points_in_one_place_have_none():
    assert pointmap_normals(torch.ones(3, 4, 3)).eq(0).all()
