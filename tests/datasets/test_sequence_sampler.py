import itertools

import numpy as np
import pytest

from uniseg3d.datasets.sequence_sampler import SequenceRule, draw_batches, draw_sequence, least_frames, stretched
from uniseg3d.utils.errors import ConfigError, DataError

ALWAYS = SequenceRule(max_interval=4, video=1.0, fixed_interval=1.0)
NEVER = SequenceRule(max_interval=4, video=0.0)


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def test_a_video_goes_forward_in_equal_steps():
    positions, video = draw_sequence(rng(), 5, 3, 40, ALWAYS)
    assert video and positions[0] == 3 and len(set(np.diff(positions))) == 1


def test_a_sequence_that_is_no_video_is_mixed_and_never_shows_a_frame_twice():
    positions, video = draw_sequence(rng(), 8, 0, 60, NEVER)
    assert not video and positions != sorted(positions) and len(set(positions)) == 8 and 0 in positions


def test_blocks_keep_the_coarse_order():
    positions, _ = draw_sequence(rng(), 12, 0, 100, SequenceRule(4, video=0.0, block=3))
    blocks = [positions[i : i + 3] for i in range(0, 12, 3)]
    assert all(max(a) < min(b) for a, b in itertools.pairwise(blocks))


def test_one_view_is_a_sequence():
    assert draw_sequence(rng(), 1, 2, 9, ALWAYS) == ([2], True)


@pytest.mark.parametrize('rule', [ALWAYS, NEVER, SequenceRule()])
@pytest.mark.parametrize('pool', [3, 4, 6])
def test_few_frames_are_shown_again(rule, pool):
    positions, _ = draw_sequence(rng(), 8, 1, pool, rule, repeat=True)
    assert len(positions) == 8 and set(positions) <= set(range(pool))


def test_too_few_frames_are_an_error_unless_they_may_repeat():
    with pytest.raises(DataError, match='3 frames from frame 7 of 10 on; expected 5'):
        draw_sequence(rng(), 5, 7, 10, ALWAYS)
    with pytest.raises(DataError, match='1 frames from frame 9 of 10'):
        draw_sequence(rng(), 5, 9, 10, ALWAYS, repeat=True)


def test_repetition_needs_a_third_of_the_frames_and_at_least_three():
    assert [least_frames(8, False), least_frames(12, True), least_frames(5, True)] == [8, 4, 3]


@pytest.mark.parametrize('wrong', [{'max_interval': 0}, {'min_interval': 3, 'max_interval': 2}, {'video': 1.5}])
def test_a_rule_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ConfigError, match=r'probabilities in 0\.\.1'):
        SequenceRule(**wrong)


def test_batches_share_size_and_length_and_an_epoch_shows_each_sample_once():
    rows = draw_batches(rng(), 22, 4, 6, (2, 5))
    assert sorted(rows[:, 0]) == list(range(22))
    for start in range(0, 22, 4):
        assert len(np.unique(rows[start : start + 4, 1:], axis=0)) == 1
    assert rows[:, 1].max() < 6 and rows[:, 2].min() >= 2 and rows[:, 2].max() <= 5


def test_the_first_resolutions_come_twice_as_often():
    rows = draw_batches(rng(), 40000, 1, 10, (2, 2))
    shares = np.bincount(rows[:, 1], minlength=10) / len(rows)
    assert np.allclose(shares, [2 / 15] * 5 + [1 / 15] * 5, atol=0.01)


def test_a_data_set_is_stretched_by_whole_passes():
    order = stretched(rng(), 5, 13)
    assert sorted(order[:5]) == list(range(5)) and np.array_equal(order[:3], order[10:])
    assert len(stretched(rng(), 5, 2)) == 2
