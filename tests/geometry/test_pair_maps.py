"""Answers about pairs, of images of several sizes."""

import pytest
import torch

from uniseg3d.geometry.pair_maps import PairMaps
from uniseg3d.utils.errors import DataError

SIZES = [(2, 3), (4, 1), (2, 2)]
PAIRS = [(0, 1), (1, 2), (2, 0)]


def parts(**changes):
    torch.manual_seed(0)
    points = [tuple(torch.randn(*SIZES[image], 3) for image in pair) for pair in PAIRS]
    confidence = [tuple(1 + torch.rand(SIZES[image]) for image in pair) for pair in PAIRS]
    return {'sizes': SIZES, 'pairs': PAIRS, 'points': points, 'confidence': confidence, **changes}


def test_maps_come_back():
    given = parts()
    maps = PairMaps.of(**given)
    assert maps.images == 3 and maps.points.shape == (3, 2, 6, 3) and maps.pixel_counts.tolist() == [6, 4, 4]
    for pair in range(3):
        for role in (0, 1):
            assert torch.equal(maps.pointmap(pair, role), given['points'][pair][role])


def test_means_count_real_pixels_only():
    given = parts()
    maps = PairMaps.of(**given)
    means = torch.tensor([[float(part.mean()) for part in both] for both in given['confidence']])
    torch.testing.assert_close(maps.mean_confidence(), means)
    torch.testing.assert_close(maps.scores(), means[:, 0] * means[:, 1])


def test_the_surest_say_of_a_pixel_counts():
    given = parts()
    maps = PairMaps.of(**given)
    both = torch.maximum(given['confidence'][0][0], given['confidence'][2][1])  # image 0 is in pairs 0 and 2
    torch.testing.assert_close(maps.image_values(maps.image_confidence()[0], 0), both)


def test_points_that_fit_no_camera_get_the_long_side():
    v, u = torch.meshgrid(torch.arange(4.0), torch.arange(6.0), indexing='ij')
    rays = torch.stack([(u - 3) / 9, (v - 2) / 9, torch.ones(4, 6)], -1)
    ones = torch.ones(4, 6)
    maps = PairMaps.of(
        [(4, 6)] * 2, [(0, 1), (1, 0)], [(rays, rays), (rays * torch.tensor([-1, -1, 1]), rays)], [(ones, ones)] * 2
    )
    assert float(maps.focal(0)) == pytest.approx(9) and float(maps.focal(1)) == 6


def test_what_does_not_fit():
    with pytest.raises(DataError, match=r'images \[3\] occur in no pair'):
        PairMaps.of(**parts(sizes=[*SIZES, (2, 2)]))
    with pytest.raises(DataError, match=r'pair \(0, 1\).*expected \[\(2, 3, 3\), \(4, 2, 3\)\]'):
        PairMaps.of(**parts(sizes=[(2, 3), (4, 2), (2, 2)]))
    with pytest.raises(DataError, match='occur in no pair'):
        PairMaps.of([], [], [], [])
    bad = parts()
    bad['points'][1][0][0, 0, 0] = float('nan')
    with pytest.raises(DataError, match='NaN or Inf'):
        PairMaps.of(**bad)
