"""Means over the views that show a point."""

import pytest
import torch

from uniseg3d.geometry.projection import Sightings
from uniseg3d.priors.lifting import ViewAverage, lift_features
from uniseg3d.utils.errors import DataError

# view, point, row, column: point 0 in both views, point 2 in the second, point 1 in none
SEEN = Sightings(*torch.tensor([[0, 0, 1, 2], [1, 0, 0, 0], [1, 2, 1, 1]]).T, views=2, points=3)


def feature_map(offset):
    return offset + torch.arange(2 * 2 * 3.0).reshape(2, 2, 3)


def test_means_of_what_was_added():
    lifted = lift_features([(0, feature_map(0)), (1, feature_map(100))], SEEN, 2)
    assert lifted.seen.tolist() == [True, False, True] and lifted.features.dtype == torch.float16
    assert lifted.features.tolist() == [[(5 + 100) / 2, (11 + 106) / 2], [104, 110]]


def test_order_of_views_and_narrow_types_do_not_matter():
    maps = [(0, feature_map(0)), (1, feature_map(100))]
    there, back = lift_features(maps, SEEN, 2), lift_features([(v, m.half()) for v, m in reversed(maps)], SEEN, 2)
    assert torch.equal(there.features, back.features)


def test_many_narrow_values_are_summed_exactly():
    view = torch.arange(4000)
    often = Sightings(view, 0 * view, 0 * view, 0 * view, views=4000, points=1)
    average = ViewAverage(often, 1)
    for one in view.tolist():
        average.add(one, torch.full((1, 1, 1), 100.1).half())
    assert average.mean().features.item() == pytest.approx(100.1, abs=0.05)  # half precision would stop counting at 2048


def test_a_view_that_was_left_out_leaves_zeros():
    lifted = lift_features([(0, feature_map(0))], SEEN, 2)
    assert lifted.features.tolist() == [[5, 11], [0, 0]]


def test_maps_that_cannot_be():
    average = ViewAverage(SEEN, 2)
    with pytest.raises(DataError, match='3 channels, expected 2'):
        average.add(0, torch.zeros(3, 2, 3))
    with pytest.raises(DataError, match='not finite'):
        average.add(1, torch.full((2, 2, 3), torch.nan))
    assert average.mean().features.abs().sum() == 0  # and nothing of it was kept
