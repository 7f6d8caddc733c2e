"""Masks read at points."""

import torch

from uniseg3d.models.criteria.point_sampling import read_all, read_each, uncertain_points


def ramp(rows, columns):
    """The column's share of the width at its centre."""
    return ((torch.arange(columns) + 0.5) / columns).expand(rows, columns)


def test_between_pixels_values_are_bilinear():
    points = torch.tensor([[[0.3, 0.5], [0.61, 0.25]]])
    torch.testing.assert_close(read_each(ramp(4, 8)[None], points), torch.tensor([[0.3, 0.61]]))


def test_resolution_does_not_matter():
    points = torch.rand(1, 20, 2, generator=torch.Generator().manual_seed(0)) * 0.8 + 0.1
    coarse, fine = (read_all(ramp(4, size).expand(2, 3, 4, size), points) for size in (8, 64))
    torch.testing.assert_close(coarse, fine)
    assert coarse.shape == (2, 3 * 20)


def test_views_may_have_points_of_their_own():
    maps = torch.stack([ramp(4, 8), 10 + ramp(4, 8)])[None]
    points = torch.tensor([[[0.25, 0.5]], [[0.75, 0.5]]])
    torch.testing.assert_close(read_all(maps, points), torch.tensor([[0.25, 10.75]]))


def test_most_points_lie_where_the_mask_is_unsure():
    logits = 20 * (ramp(16, 16)[None] - 0.5)  # zero in the middle column
    torch.manual_seed(0)
    points = uncertain_points(logits, 40)
    assert points.shape == (1, 40, 2)
    chosen, free = (points[0, :30, 0] - 0.5).abs(), (points[0, 30:, 0] - 0.5).abs()
    assert chosen.max() < 0.2 < free.max()


def test_oversampling_by_one_takes_all_points():
    drawn = torch.rand(2, 6, 2)
    stub = iter([drawn, torch.rand(2, 0, 2)])
    points = uncertain_points(torch.randn(2, 4, 4), 6, 1.0, 1.0, uniform=lambda *_, **__: next(stub))
    assert torch.equal(points.sort(1).values, drawn.sort(1).values)


def test_no_mask_gives_no_points():
    assert uncertain_points(torch.zeros(0, 4, 4), 8).shape == (0, 8, 2)
    assert read_all(torch.zeros(0, 2, 4, 4), torch.rand(1, 8, 2)).shape == (0, 16)
    assert read_each(torch.zeros(0, 4, 4), torch.zeros(0, 8, 2)).shape == (0, 8)
