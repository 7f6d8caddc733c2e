import pytest
import torch
from geometry_samples import random_points

from uniseg3d.geometry.point_scale import POINT_SCALES, point_scale
from uniseg3d.utils.errors import ConfigError


@pytest.mark.parametrize(
    ('kind', 'expected'),
    [
        ('mean', 4),
        ('median', 4),
        ('mean_log', torch.log(torch.tensor(2.0 * 5 * 8)) / 3),
        ('mean_root', ((1 + 2 + 7**0.5) / 3) ** 2),
    ],
)
def test_by_hand(kind, expected):
    points = torch.tensor([[[1.0, 0, 0], [0, -4, 0], [0, 0, 7], [9, 9, 9]]])
    valid = torch.tensor([[True, True, True, False]])
    assert point_scale(points, valid, kind).item() == pytest.approx(float(expected))


@pytest.mark.parametrize('kind', ['mean', 'median', 'mean_root'])
def test_larger_clouds_have_larger_scales(kind):
    points = random_points(3, 2, 4, 5)
    valid = torch.rand(3, 2, 4, 5, generator=torch.Generator().manual_seed(0)) > 0.3
    torch.testing.assert_close(point_scale(2.5 * points, valid, kind), 2.5 * point_scale(points, valid, kind))


@pytest.mark.parametrize('kind', POINT_SCALES)
def test_no_valid_point_and_points_that_are_no_number(kind):
    points = random_points(2, 6)
    points[1, 0] = torch.nan
    valid = torch.ones(2, 6, dtype=torch.bool)
    valid[0], valid[1, 0] = False, False
    scale = point_scale(points, valid, kind)
    assert scale[0] == 1e-8 and scale[1] > 0.1


@pytest.mark.parametrize('kind', ['mean', 'mean_log', 'mean_root'])
def test_gradients_reach_valid_points_only(kind):
    points = random_points(2, 5).requires_grad_()
    valid = torch.tensor([[True, True, False, True, True], [True] * 5])
    point_scale(points, valid, kind).sum().backward()
    assert points.grad.isfinite().all()
    assert points.grad.ne(0).any(-1).equal(valid)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ConfigError, match='unknown point scale "avg"; expected one of mean'):
        point_scale(torch.ones(1, 2, 3), torch.ones(1, 2, dtype=torch.bool), 'avg')
