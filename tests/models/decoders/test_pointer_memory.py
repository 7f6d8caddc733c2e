"""Pointers: what merges and what is appended, ragged streams, budgets, gradients."""

import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[3] / 'tools'))

from peers.literal_point3r import literal_merge

from uniseg3d.models.decoders import pointer_memory
from uniseg3d.models.decoders.pointer_memory import AppendingMemory, MergingMemory, merge_radius, nearest_pointers
from uniseg3d.models.decoders.pointer_memory_rows import Pointers
from uniseg3d.utils.errors import ConfigError


def frame(*places, number=0, feature=None):
    """One stream's frame with pointers on the x axis; the feature is the place unless given."""
    positions = torch.tensor([[[float(x), 0.0, 0.0] for x in places]])
    features = positions[..., :1] if feature is None else torch.full((1, len(places), 1), float(feature))
    return Pointers.of_frame(features, positions, number)


def random_frames(batch=3, count=40, frames=5, channels=6):
    """Boxes that drift with different speed, so that streams grow differently."""
    torch.manual_seed(0)
    speed = torch.linspace(0, 3, batch)[:, None, None]
    return [
        Pointers.of_frame(torch.randn(batch, count, channels), torch.rand(batch, count, 3) * 4 + speed * number, number)
        for number in range(frames)
    ]


def run(rule, frames):
    memory = None
    for seen in frames:
        memory = rule(memory, seen)
    return memory


def test_the_first_frame_is_the_memory():
    seen = frame(0, 10, 20)
    assert MergingMemory()(None, seen) is seen and AppendingMemory()(None, seen) is seen


def test_near_pointers_replace_and_far_ones_follow():
    memory = MergingMemory()(frame(0, 100, 200), frame(1, 50, 3, 199, number=1, feature=7))
    assert memory.counts == (4,)
    # 1 and 3 share the pointer at 0, 199 takes that at 200; a cell is ten long
    assert memory.positions[0, :, 0].tolist() == [2.0, 100.0, 199.0, 50.0]
    assert memory.features[0, :, 0].tolist() == [7.0, 100.0, 7.0, 7.0]
    assert memory.last_seen[0].tolist() == [1, 0, 1, 1]


def test_exactly_one_cell_away_is_far():
    assert MergingMemory(cells=10)(frame(0, 100), frame(90)).counts == (3,)
    assert MergingMemory(cells=10)(frame(0, 100), frame(90.5)).counts == (2,)


def test_new_pointers_are_not_compared_with_each_other():
    assert MergingMemory()(frame(0, 100), frame(50, 50, 50)).counts == (5,)


def test_all_at_one_place_is_appended():
    """The box is a point and no distance is less than zero."""
    assert MergingMemory()(frame(3, 3), frame(3, 3)).counts == (4,)


def test_appending_keeps_everything_in_order():
    frames = random_frames()
    memory = run(AppendingMemory(), frames)
    assert memory.filling is None and memory.counts == (200,) * 3
    assert torch.equal(memory.positions, torch.cat([seen.positions for seen in frames], 1))
    assert torch.equal(memory.features, torch.cat([seen.features for seen in frames], 1))


def test_merging_is_that_of_the_literal_loop_whatever_the_batch():
    frames = random_frames()
    memory = run(MergingMemory(cells=4), frames)
    assert len(set(memory.counts)) == 3 and memory.filling is not None
    for stream in range(3):
        features, positions = frames[0].features[stream], frames[0].positions[stream]
        for seen in frames[1:]:
            new = seen.of_stream(stream)
            features, positions = literal_merge(features, positions, new.features[0], new.positions[0], cells=4)
        ours = memory.of_stream(stream)
        torch.testing.assert_close(ours.features[0], features)
        torch.testing.assert_close(ours.positions[0], positions)


def test_filling_is_not_part_of_the_box_and_is_never_near():
    ragged = Pointers(
        torch.zeros(2, 2, 1), torch.tensor([[[50.0, 0, 0], [60.0, 0, 0]], [[50.0, 0, 0], [0, 0, 0]]]), torch.zeros(2, 2), (2, 1)
    )
    new = torch.tensor([[[50.5, 0, 0]], [[50.5, 0, 0]]])
    torch.testing.assert_close(merge_radius(ragged, new, 20), torch.tensor([0.5, 0.025]))
    assert nearest_pointers(ragged, new * 0)[1].tolist() == [[0], [0]]


def test_distances_far_from_the_origin_are_exact():
    memory = frame(*(1e4 + x for x in range(30)))
    distance, index = nearest_pointers(memory, memory.positions + torch.tensor([0.125, 0.0, 0.0]))
    assert torch.equal(distance, torch.full((1, 30), 0.125)) and index[0].tolist() == list(range(30))


def test_streams_on_other_devices_find_the_same_neighbours(monkeypatch):
    """A CPU searches a tree, other devices compare all pairs."""
    frames = random_frames()
    memory = run(MergingMemory(cells=4), frames)
    by_tree = nearest_pointers(memory, frames[2].positions)
    monkeypatch.setattr(pointer_memory, 'TREES_ON', ())
    by_pairs = nearest_pointers(memory, frames[2].positions)
    torch.testing.assert_close(by_tree[0], by_pairs[0])
    assert torch.equal(by_tree[1], by_pairs[1])


def test_a_budget_drops_what_was_not_seen_for_longest():
    rule = MergingMemory(budget=4)
    memory = run(rule, [frame(0, 100, 200), frame(0, 300, number=1), frame(400, number=2)])
    assert memory.counts == (4,)
    assert memory.positions[0, :, 0].tolist() == [0.0, 200.0, 300.0, 400.0]  # 100 and 200 are equally old: the first left
    assert memory.last_seen[0].tolist() == [1, 0, 1, 2]


def test_a_budget_holds_for_every_stream_and_short_ones_lose_nothing():
    frames = random_frames(frames=8)
    free, bounded = run(MergingMemory(cells=4), frames), run(MergingMemory(cells=4, budget=70), frames)
    assert min(free.counts) < 70 < max(free.counts)
    assert bounded.counts == tuple(min(count, 70) for count in bounded.counts) and max(bounded.counts) == 70
    short = free.counts.index(min(free.counts))
    for ours, theirs in zip(vars(bounded.of_stream(short)).values(), vars(free.of_stream(short)).values(), strict=True):
        assert ours == theirs if isinstance(ours, tuple) else torch.equal(ours, theirs)


def test_rows_never_exceed_the_longest_stream():
    memory = run(MergingMemory(cells=4, budget=60), random_frames(frames=8))
    assert memory.features.shape[1] == memory.positions.shape[1] == memory.last_seen.shape[1] == max(memory.counts)


@pytest.mark.parametrize('budget', [0, -3])
def test_a_budget_of_nothing_is_refused(budget):
    with pytest.raises(ConfigError, match=f'budget of {budget} pointers'):
        AppendingMemory(budget)


def test_a_budget_must_hold_a_frame():
    with pytest.raises(ConfigError, match='a frame makes 3 pointers, more than the budget of 2'):
        MergingMemory(budget=2)(None, frame(0, 1, 2))


def test_gradients_reach_old_and_new_features_but_not_those_that_were_replaced():
    old, new = (torch.ones(1, 2, 1, requires_grad=True) for _ in range(2))
    memory = MergingMemory()(
        Pointers.of_frame(old, torch.tensor([[[0.0, 0, 0], [100.0, 0, 0]]])),
        Pointers.of_frame(new, torch.tensor([[[0.0, 1, 0], [1.0, 0, 0]]]), 1),
    )
    memory.features.sum().backward()
    assert old.grad[0, :, 0].tolist() == [0.0, 1.0] and new.grad[0, :, 0].tolist() == [0.5, 0.5]
