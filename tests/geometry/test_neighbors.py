import pytest
import torch
from geometry_samples import random_points

from uniseg3d.geometry.neighbors import PointTree
from uniseg3d.utils.errors import DataError


def test_the_nearest_are_those_of_all_distances():
    cloud, points = random_points(60), random_points(25, seed=1)
    distance, index = PointTree(cloud).nearest(points)
    expected = torch.cdist(points, cloud)
    torch.testing.assert_close(distance, expected.min(1).values)
    assert torch.equal(index, expected.argmin(1))
    assert torch.equal(PointTree(cloud).neighbors(points, 7), expected.argsort(1)[:, :7])


def test_fewer_points_than_asked_for():
    cloud = random_points(3)
    assert PointTree(cloud).neighbors(cloud, 30).shape == (3, 3)
    assert PointTree(cloud[:1]).neighbors(cloud, 2).tolist() == [[0]] * 3


def test_empty_and_broken_clouds_are_refused_by_name():
    with pytest.raises(DataError, match='scan: 0 points'):
        PointTree(torch.zeros(0, 3), 'scan')
    with pytest.raises(DataError, match='points: 2 points, expected at least one, without NaN'):
        PointTree(random_points(4)).nearest(torch.full((2, 3), torch.nan))
