"""The best photos of objects."""

import torch

from uniseg3d.geometry.projection import Sightings
from uniseg3d.geometry.view_selection import best_views, superpoint_maps

SIZE = (40, 30)


def sightings(*entries, points):
    """From (view, point, column, row)."""
    view, point, column, row = torch.tensor(entries).T
    return Sightings(view, point, row, column, int(view.max()) + 1, points)


def patch(view, points, left, top, step=4):
    """Points in a grid of two rows."""
    return [(view, p, left + step * (k // 2), top + step * (k % 2)) for k, p in enumerate(points)]


def test_the_view_that_shows_more_of_it_is_better():
    found = sightings(*patch(0, range(8), 10, 10), *patch(1, range(16), 10, 10), points=16)
    best = best_views(torch.ones(1, 1, dtype=torch.bool), torch.zeros(16, dtype=torch.long), found, SIZE)
    assert best.view.tolist() == [1, 0] and best.visible.tolist() == [1, 0.5]
    assert best.scores[0] > best.scores[1]


def test_a_larger_picture_is_better_and_a_central_one():
    near, far, aside = patch(0, range(8), 10, 10, 5), patch(1, range(8), 14, 14, 2), patch(2, range(8), 0, 0, 5)
    best = best_views(
        torch.ones(1, 1, dtype=torch.bool), torch.zeros(8, dtype=torch.long), sightings(*near, *far, *aside, points=8), SIZE
    )
    assert best.view.tolist()[0] == 0 and set(best.view.tolist()) == {0, 1, 2}
    assert best.boxes[0].tolist() == [10, 10, 25, 15]


def test_boxes_and_shares_are_those_of_the_mask():
    superpoint = torch.arange(12) // 6
    found = sightings(*patch(0, range(6), 2, 3), *patch(0, range(6, 12), 20, 15), points=12)
    masks = torch.tensor([[True, False], [False, True], [True, True], [False, False]])
    best = best_views(masks, superpoint, found, SIZE)
    assert best.mask.tolist() == [0, 1, 2]  # nobody sees an empty mask
    assert best.boxes.tolist() == [[2, 3, 10, 7], [20, 15, 28, 19], [2, 3, 28, 19]]
    assert best.visible.tolist() == [1, 1, 1]


def test_few_points_are_no_view_and_no_more_than_asked_for():
    found = sightings(*patch(0, range(4), 10, 10), *patch(1, range(8), 10, 10), *patch(2, range(8), 12, 10), points=8)
    masks, superpoint = torch.ones(1, 1, dtype=torch.bool), torch.zeros(8, dtype=torch.long)
    assert sorted(best_views(masks, superpoint, found, SIZE).view.tolist()) == [1, 2]
    assert len(best_views(masks, superpoint, found, SIZE, count=1)) == 1
    assert len(best_views(masks[:0], superpoint, found, SIZE)) == 0


def test_pixels_between_points_take_the_superpoint_beside_them():
    found = sightings((0, 0, 5, 5), (0, 1, 20, 20), points=2)
    maps = superpoint_maps(found, torch.tensor([7, 3]), SIZE, growth=2)
    assert maps.shape == (1, 30, 40)
    assert maps[0, 5, 5] == maps[0, 7, 3] == 7 and maps[0, 20, 22] == 3
    assert maps[0, 5, 8] == -1 and (maps >= 0).sum() == 50
