"""Merging masks and stuff; the pasted-by-hand version knows no superpoints."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from uniseg3d.models.postprocess.panoptic import merge_panoptic, stuff_map
from uniseg3d.structures import Superpoints


def paste(masks, scores, classes, stuff, first_segment, min_points):
    """Masks [n, N] pasted over stuff [N] one after the other, the best last; too small remains give way."""
    semantic, segment = stuff.clone(), stuff.clone()
    winner = torch.full_like(stuff, -1)
    order = scores.argsort(stable=True).tolist()
    for place, row in enumerate(order):
        winner[masks[row]] = place
    for place, row in enumerate(order):
        points = winner == place
        if points.sum() > min_points:
            semantic[points], segment[points] = classes[row], place + first_segment
    return semantic, segment


def random_case(count, superpoints, seed, stuff_classes=2):
    generator = torch.Generator().manual_seed(seed)
    sizes = torch.randint(1, 6, (superpoints,), generator=generator)
    return (
        torch.rand(count, superpoints, generator=generator) > 0.6,
        torch.rand(count, generator=generator),
        torch.randint(stuff_classes, 20, (count,), generator=generator),
        sizes,
        torch.randint(0, stuff_classes, (superpoints,), generator=generator),
    )


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 9), st.integers(1, 12), st.integers(0, 10_000), st.integers(0, 12))
def test_superpoints_give_what_points_give(count, superpoints, seed, min_points):
    masks, scores, classes, sizes, stuff = random_case(count, superpoints, seed)
    partition = Superpoints(torch.arange(superpoints).repeat_interleave(sizes))
    ours = merge_panoptic(masks, scores, classes, sizes, stuff, 2, min_points)
    semantic, segment = paste(*(partition.expand(masks), scores, classes, partition.expand(stuff)), 2, min_points)
    assert torch.equal(partition.expand(ours.semantic), semantic)
    assert torch.equal(partition.expand(ours.segment), segment)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 9), st.integers(1, 12), st.integers(0, 10_000), st.integers(0, 12))
def test_ids_are_known_and_mean_one_class_each(count, superpoints, seed, min_points):
    masks, scores, classes, sizes, stuff = random_case(count, superpoints, seed)
    found = merge_panoptic(masks, scores, classes, sizes, stuff, 2, min_points)
    thing = found.segment >= 2
    assert set(found.segment[~thing].tolist()) <= set(stuff.tolist())
    assert torch.equal(found.segment[~thing], found.semantic[~thing])
    assert ((found.segment >= 0) & (found.segment < 2 + count)).all()
    assert set(found.semantic[thing].tolist()) <= set(classes.tolist())
    for segment in found.segment[thing].unique():
        inside = found.segment == segment
        assert len(found.semantic[inside].unique()) == 1
        assert sizes[inside].sum() > min_points
    assert torch.equal(thing & ~masks.any(0), torch.zeros(superpoints, dtype=torch.bool)), 'a thing where no mask lies'


def test_the_better_mask_wins_and_its_id_is_higher():
    masks = torch.tensor([[True, True, False, False], [False, True, True, False]])
    sizes, stuff = torch.full((4,), 10), torch.tensor([0, 0, 1, 1])
    found = merge_panoptic(masks, torch.tensor([0.9, 0.6]), torch.tensor([7, 4]), sizes, stuff, 2, min_points=5)
    assert found.segment.tolist() == [3, 3, 2, 1]
    assert found.semantic.tolist() == [7, 7, 4, 1]


def test_what_is_left_too_small_gives_way_to_stuff_not_to_the_mask_below():
    masks = torch.tensor([[True, True], [True, False]])
    found = merge_panoptic(
        masks, torch.tensor([0.5, 0.9]), torch.tensor([7, 4]), torch.tensor([5, 50]), torch.tensor([1, 0]), 2, 10
    )
    assert found.segment.tolist() == [1, 2]
    assert found.semantic.tolist() == [1, 7]


def test_without_masks_stuff_remains():
    stuff = torch.tensor([0, 1, -1])
    none = torch.zeros(0).long()
    found = merge_panoptic(torch.zeros(0, 3, dtype=torch.bool), torch.zeros(0), none, torch.ones(3).long(), stuff, 2)
    assert torch.equal(found.semantic, stuff) and torch.equal(found.segment, stuff)
    found.segment[0] = 9
    assert found.semantic[0] == 0 and stuff[0] == 0, 'the two maps share memory'


def test_stuff_is_the_likelier_stuff_class_however_likely_things_are():
    assert stuff_map(torch.tensor([[1.0, 2, 9], [3, 2, 9]]), 2).tolist() == [1, 0]
    assert stuff_map(torch.tensor([[1.0, 2, 9], [3, 2, 9]]), 0).tolist() == [-1, -1]
