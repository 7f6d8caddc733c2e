"""Segments of single views put together in space."""

import pytest
import torch
from torch import Tensor

from uniseg3d.models.postprocess.linked_segments import link_segments
from uniseg3d.structures.panoptic_views import PanopticViews
from uniseg3d.utils.errors import DataError

SIZE = (4, 12)


def plane(start: float) -> Tensor:
    """Points [H, W, 3] of a wall two metres away, whose first column is at ``start`` decimetres."""
    across = (start + torch.arange(SIZE[1])) / 10
    down = torch.arange(SIZE[0]) / 10
    return torch.stack([across.expand(SIZE), down[:, None].expand(SIZE), torch.full(SIZE, 2.0)], -1)


def single(starts: list[int], labels: list[int], end: int = SIZE[1]) -> PanopticViews:
    """Segments 1, 2, ... from these columns on, each up to the next; void before the first and from ``end`` on."""
    segments = torch.zeros(SIZE, dtype=torch.long)
    for number, start in enumerate(starts):
        segments[:, start:end] = number + 1
    count = len(labels)
    return PanopticViews([segments], [torch.ones(SIZE)], torch.tensor(labels).long(), torch.rand(count), torch.arange(count))


def test_what_lies_at_the_same_place_is_the_same():
    """The second camera looks four columns further to the right, and counts the other way round."""
    first = single([0, 6], [1, 2])
    second = PanopticViews(
        [3 - single([0, 2], [2, 1]).segments[0]], [torch.ones(SIZE)], torch.tensor([2, 1]), torch.rand(2), torch.arange(2)
    )
    linked = link_segments([first, second], torch.stack([plane(0), plane(4)]))
    assert linked.labels.tolist() == [1, 2] and len(linked) == 2
    assert torch.equal(linked.segments[0], first.segments[0])
    assert linked.segments[1].unique().tolist() == [1, 2] and (linked.segments[1][:, 2:] == 2).all()
    assert linked.scores.tolist() == [max(first.scores[0], second.scores[1]), max(first.scores[1], second.scores[0])]


def test_other_classes_and_other_places_stay_apart():
    linked = link_segments([single([0], [1]), single([0], [2])], torch.stack([plane(0), plane(0)]))
    assert linked.labels.tolist() == [1, 2]
    linked = link_segments([single([0], [1]), single([0], [1])], torch.stack([plane(0), plane(50)]))
    assert linked.labels.tolist() == [1, 1] and linked.segments[1].unique().tolist() == [2]


def test_only_what_both_views_saw_is_compared():
    """Eight of twelve columns are new, but on the four common ones both agree."""
    linked = link_segments([single([0], [1]), single([0], [1])], torch.stack([plane(0), plane(8)]))
    assert linked.labels.tolist() == [1]


def test_an_object_takes_one_segment_of_a_view():
    linked = link_segments([single([0], [1]), single([0, 8], [1, 1])], torch.stack([plane(0), plane(0)]))
    assert linked.labels.tolist() == [1, 1]
    assert (linked.segments[1][:, :8] == 1).all() and (linked.segments[1][:, 8:] == 2).all()


def test_a_later_view_finds_what_an_earlier_one_saw():
    views = [single([0], [3]), single([], []), single([0], [3])]
    linked = link_segments(views, torch.stack([plane(0), plane(100), plane(0)]))
    assert linked.labels.tolist() == [3] and not linked.segments[1].any()


def test_nothing_anywhere():
    linked = link_segments([single([], []), single([], [])], torch.stack([plane(0), plane(1)]))
    assert len(linked.labels) == 0 and not any(part.any() for part in linked.segments)
    with pytest.raises(DataError, match='one view for each map of points'):
        link_segments([single([], [])], torch.stack([plane(0), plane(1)]))
