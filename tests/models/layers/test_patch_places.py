"""Where patches lie, as sines."""

import torch

from uniseg3d.models.layers.patch_places import PatchPlaces, patch_grid


def test_a_patch_is_told_by_the_middle_of_its_points():
    places, points = PatchPlaces(frequencies=3), torch.rand(2, 8, 12, 3)
    found = places(points, (2, 3))
    assert found.shape == (2, 6, 18) and places.dim == 18
    turned = points.clone()
    turned[:, :4, :4] = points[:, :4, :4].flip(1, 2)
    assert torch.allclose(places(turned, (2, 3)), found, atol=1e-5), 'only the middle counts'
    turned[0, 0, 0] += 1
    moved = (places(turned, (2, 3)) - found).abs().amax(-1)
    assert moved[0, 0] > 1e-3 and moved[0, 1:].max() < 1e-5 and moved[1].max() < 1e-5


def test_places_far_apart_differ_more_than_near_ones():
    places = PatchPlaces()
    wall = torch.tensor([0.0, 0.05, 1.0]).view(3, 1, 1, 1).expand(-1, 4, 4, 3)
    here, near, far = places(wall, (1, 1))[:, 0]
    assert (here - near).norm() < 0.5 * (here - far).norm()


def test_geometry_is_not_taught_by_it():
    points = torch.rand(1, 4, 4, 3, requires_grad=True)
    places = PatchPlaces()
    places(points, (2, 2)).sum().backward()
    assert points.grad is None and places.waves.biases.grad.abs().max() > 0


def test_grids():
    assert patch_grid((48, 64), 48) == (6, 8) and patch_grid((16, 16), 1) == (1, 1)
