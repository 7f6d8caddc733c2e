import math

import pytest
import torch
from geometry_samples import relief

from uniseg3d.geometry.focal import focal_median, focal_of_view_angle, focal_weiszfeld
from uniseg3d.utils.errors import DataError

ESTIMATORS = [focal_weiszfeld, focal_median]


@pytest.mark.parametrize('estimate', ESTIMATORS)
def test_exact_points_give_their_focal_length(estimate):
    points = torch.stack([relief(24, 32, 30), relief(24, 32, 45, seed=1)])
    torch.testing.assert_close(estimate(points), torch.tensor([30.0, 45.0], dtype=torch.float64))
    middle = torch.tensor([[16.0, 12.0], [16.0, 12.0]], dtype=torch.float64)
    assert torch.equal(estimate(points, middle), estimate(points))


@pytest.mark.parametrize('estimate', ESTIMATORS)
def test_a_fifth_of_wild_points_and_holes_do_little_harm(estimate):
    points = relief(40, 40, 35)
    generator = torch.Generator().manual_seed(0)
    wild = torch.rand(40, 40, generator=generator) < 0.2
    points[wild] += torch.randn(int(wild.sum()), 3, generator=generator, dtype=torch.float64)
    points[0, :5] = torch.nan
    points[1, :5] = 0
    assert estimate(points).item() == pytest.approx(35, rel=0.03)


def test_weiszfeld_minimises_the_sum_of_distances():
    points = relief(20, 30, 25) + 0.05 * torch.randn(20, 30, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    v, u = torch.meshgrid(torch.arange(20.0), torch.arange(30.0), indexing='ij')
    offset = torch.stack([u - 15, v - 10], -1).double()
    slope = points[..., :2] / points[..., 2:]

    def error(focal):
        return (offset - focal * slope).norm(dim=-1).sum()

    focal = focal_weiszfeld(points, iterations=200)
    assert error(focal) <= min(error(focal * 1.001), error(focal * 0.999))


@pytest.mark.parametrize('estimate', ESTIMATORS)
def test_the_answer_can_be_clipped_to_plausible_views(estimate):
    points = relief(24, 32, 300)
    widest = 32 / (2 * math.tan(math.radians(30)))
    assert estimate(points, clip=(0.5, 3.5)).item() == pytest.approx(3.5 * widest)
    assert estimate(relief(24, 32, 5), clip=(0.5, 3.5)).item() == pytest.approx(0.5 * widest)


@pytest.mark.parametrize('estimate', ESTIMATORS)
def test_points_that_say_nothing_are_refused(estimate):
    with pytest.raises(DataError, match='no focal length follows from a pointmap of 4 x 5'):
        estimate(torch.zeros(4, 5, 3))


def test_the_focal_length_of_a_view_angle():
    assert focal_of_view_angle(math.radians(90), 100).item() == pytest.approx(50)
