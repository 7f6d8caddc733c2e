"""Which frames of a stream are remembered, and which forgotten."""

import pytest
import torch
from must3r_models import photos, placing_model, small_model

from uniseg3d.models.decoders.view_memory import ViewMemory
from uniseg3d.models.heads.two_frames import TwoFrameAnswer
from uniseg3d.models.systems.must3r_stream import NewSights, SceneState
from uniseg3d.utils.errors import ConfigError


def memory_of(count):
    return ViewMemory('raw', [torch.zeros(1, count, 1)], tuple(range(count)), (1,) * count, count, count)


def seen_from(x, batch=1, depth=2.0):
    """A wall at ``depth`` seen by a camera at ``x``, and its pose."""
    u, v = torch.meshgrid(torch.linspace(-1, 1, 32), torch.linspace(-1, 1, 24), indexing='xy')
    local = torch.stack([u, v, torch.ones_like(u)], -1)[None].expand(batch, -1, -1, -1) * depth
    pose = torch.tensor([x, 0, 0, 1.0, 0, 0, 0]).expand(batch, 7)
    return TwoFrameAnswer(local + pose[0, :3], local, torch.full(local.shape[:3], 2.0)), pose


def run(rule, places):
    state = None
    for place in places:
        longer = memory_of(1) if state is None else state.memory.put([torch.zeros(1, 1, 1)], [state.memory.seen], [1])
        state = rule(state, longer, *seen_from(place))
    return state


def test_a_frame_that_shows_nothing_new_is_not_remembered():
    state = run(NewSights(), [0.0, 0.05, 0.0])
    assert state.kept == 1 and state.frames == 3 and state.points.shape == (1, 1, 576, 3)


def test_a_frame_that_shows_more_is_remembered():
    state = run(NewSights(), [0.0, 1.0, 1.05, 2.0])
    assert state.kept == 3 and state.frames == 4
    assert state.centres[0, :, 0].tolist() == [0.0, 1.0, 2.0]


@pytest.mark.parametrize(('share', 'kept'), [(0.0, 3), (0.3, 2), (1.0, 1)])
def test_how_much_must_be_new(share, kept):
    assert run(NewSights(share=share), [0.0, 0.2, 2.0]).kept == kept


def test_novelty_is_that_of_the_stream_where_it_is_largest():
    answer, pose = seen_from(0.0, batch=2)
    rule = NewSights()
    state = rule(None, memory_of(1), answer, pose)
    moved, _ = seen_from(10.0, batch=2)
    points = torch.stack([answer.world[0], moved.world[1]]).flatten(1, 2)
    assert rule.novelty(state, points, pose[:, :3]) == 1.0
    assert rule.novelty(state, answer.world.flatten(1, 2), pose[:, :3]) == 0.0


def test_of_two_alike_the_older_is_forgotten_but_never_the_first():
    crowded = run(NewSights(most=3, share=0.05), [0.0, 3.0, 6.0, 6.6])
    assert crowded.centres[0, :, 0].tolist() == pytest.approx([0.0, 3.0, 6.6]) and crowded.memory.labels == (0, 1, 3)
    beside_the_first = run(NewSights(most=2, share=0.05), [0.0, 0.8, 6.0])
    assert beside_the_first.centres[0, :, 0].tolist() == [0.0, 6.0] and beside_the_first.memory.labels == (0, 2)


@torch.no_grad()
def test_the_memory_of_a_long_stream_is_bounded():
    model, state, sizes = small_model(new_sights={'most': 3, 'share': 0.0}), None, []
    for image in photos(7, batch=2):
        answer, state = model.step(image, state)
        sizes.append(state.memory.bytes)
    assert state.frames == 7 and state.kept == 3 and sizes[2] == sizes[6] and answer.pose.shape == (2, 7)
    assert state.memory.labels[0] == 0


@torch.no_grad()
def test_states_come_back_from_files(tmp_path):
    _, state = small_model().step(photos(1)[0])
    torch.save(state.state_dict(), tmp_path / 'state.pt')
    again = SceneState.of(torch.load(tmp_path / 'state.pt', weights_only=True))
    assert torch.equal(again.memory.layers[0], state.memory.layers[0]) and again.kept == 1
    assert again.to('meta').memory.layers[0].is_meta


@torch.no_grad()
def test_views_are_placed_by_what_is_remembered(tmp_path):
    model, state = placing_model(new_sights={'most': 3, 'share': 0.0}), None
    for image in photos(6, batch=2):
        answer, state = model.step(image, state)
    assert len(state.sights) == state.kept == 3 and torch.equal(state.sights[-1].pose, answer.pose)
    torch.save(state.state_dict(), tmp_path / 'state.pt')
    again = SceneState.of(torch.load(tmp_path / 'state.pt', weights_only=True))
    poses = [model.step(photos(1, batch=2, seed=9)[0], each)[0].pose for each in (state, again)]
    assert torch.equal(*poses)


def test_misuse_is_named():
    with pytest.raises(ConfigError, match='expected 0 <= share <= 1'):
        NewSights(share=2.0)
    with pytest.raises(ConfigError, match='most and grid >= 2'):
        small_model(new_sights={'most': 1})
