"""The simulated user: clicks the middle of the largest error, with the sign that repairs it, and never twice."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from model_samples import room_sample

from uniseg3d.models.queries.correction import (
    CorrectionClicks,
    SimulatedUser,
    central_points,
    error_weights,
    more_clicks,
    next_clicks,
)
from uniseg3d.structures import Clicks, Prompts, Superpoints
from uniseg3d.utils.errors import ConfigError, DataError

ROW = torch.arange(10.0)[:, None] * torch.tensor([0.3, 0.0, 0.0])  # ten superpoints along a line


def bits(text):
    return torch.tensor([[letter == '1' for letter in row] for row in text.split()])


def click(masks, truth, sizes=None, clicked=None):
    sizes = torch.full((10,), 50) if sizes is None else torch.tensor(sizes)
    clicked = torch.zeros(len(bits(masks)), 10, dtype=torch.bool) if clicked is None else bits(clicked)
    found = next_clicks(bits(masks), bits(truth), error_weights(sizes, ROW), clicked)
    return [part.tolist() for part in found]


def test_missing_parts_are_clicked_positive_and_parts_too_many_negative():
    assert click('1000000000 1111111000', '1111100000 1100000000') == [[2, 4], [True, False], [True, True]]


def test_the_larger_of_two_errors_is_clicked_in_its_middle():
    assert click('0000001000', '1111100001') == [[2], [True], [True]]


def test_size_counts_in_points():
    sizes = [10, 10, 10, 10, 10, 10, 10, 10, 10, 400]
    assert click('0000000001', '1111100000', sizes) == [[9], [False], [True]]


def test_errors_of_both_kinds_do_not_add_up():
    masks, truth = '0000011000', '1110000100'  # three missing at one end; two too many beside a missing one
    assert click(masks, truth) == [[1], [True], [True]]


def test_a_perfect_mask_needs_no_click():
    assert click('1110000000', '1110000000')[2] == [False]


def test_no_superpoint_is_clicked_twice():
    assert click('0000000000', '0011100000', clicked='0001000000')[0][0] in (2, 4)
    assert click('0000000000', '0001000000', clicked='0001000000')[2] == [False]


def test_no_prompt_and_one_superpoint_are_normal():
    none = torch.zeros(0, 10, dtype=torch.bool)
    assert [len(part) for part in next_clicks(none, none, error_weights(torch.ones(10), ROW), none)] == [0, 0, 0]
    one = torch.zeros(1, 1, dtype=torch.bool)
    assert [part.tolist() for part in next_clicks(one, ~one, torch.ones(1, 1), one)] == [[0], [True], [True]]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 6), st.integers(1, 40))
def test_every_click_is_on_an_error_and_says_what_is_true(seed, count, total):
    generator = torch.Generator().manual_seed(seed)
    masks, truth, clicked = torch.rand(3, count, total, generator=generator) < 0.5
    weights = error_weights(torch.randint(1, 500, (total,), generator=generator), torch.rand(total, 3, generator=generator))
    superpoint, positive, needed = next_clicks(masks, truth, weights, clicked)
    assert torch.equal(needed, ((masks != truth) & ~clicked).any(1))
    row, place = torch.nonzero(needed)[:, 0], superpoint[needed]
    assert (masks != truth)[row, place].all() and not clicked[row, place].any()
    assert torch.equal(positive[needed], truth[row, place])


def test_prompts_do_not_influence_one_another():
    generator = torch.Generator().manual_seed(0)
    masks, truth, clicked = torch.rand(3, 7, 10, generator=generator) < 0.4
    weights = error_weights(torch.randint(1, 500, (10,), generator=generator), ROW)
    together = next_clicks(masks, truth, weights, clicked)
    for k in range(7):
        alone = next_clicks(masks[k : k + 1], truth[k : k + 1], weights, clicked[k : k + 1])
        assert [part[0] for part in alone] == [part[k] for part in together]


def test_the_central_point_is_the_one_nearest_to_the_mean():
    sample = room_sample(boxes=2)
    points = central_points(sample.scene.xyz, sample.superpoints)
    assert sample.superpoints.ids[points].tolist() == list(range(len(sample.superpoints)))
    for m in range(len(sample.superpoints)):
        members = torch.nonzero(sample.superpoints.ids == m)[:, 0]
        xyz = sample.scene.xyz[members]
        assert points[m] == members[(xyz - xyz.mean(0)).norm(dim=1).argmin()]


def test_the_first_of_equally_central_points_is_taken():
    xyz = torch.tensor([[0.0, 0, 0], [5, 0, 0], [2, 0, 0]])
    assert central_points(xyz, Superpoints(torch.tensor([0, 1, 0]))).tolist() == [0, 1]


def test_new_clicks_come_last_in_their_prompt():
    clicks = Clicks(*(torch.tensor(v) for v in ([7, 8, 9], [1, 2, 3], [0, 1, 1])), torch.tensor([True, True, False]))
    more = more_clicks(clicks, *(torch.tensor(v) for v in ([0, 1], [4, 5], [6, 0])), torch.tensor([False, True]))
    assert more.prompt.tolist() == [0, 0, 1, 1, 1]
    assert more.point.tolist() == [7, 4, 8, 9, 5] and more.superpoint.tolist() == [1, 6, 2, 3, 0]
    assert more.positive.tolist() == [True, False, True, False, True]
    assert clicks.point.tolist() == [7, 8, 9]  # the old ones stay as they were


def test_a_user_repairs_what_the_clicks_alone_can_repair():
    """A model that does what it is told, superpoint by superpoint, is perfect in the end, and then left alone."""
    sample = room_sample()
    user, clicks = SimulatedUser(sample), sample.prompts.clicks
    wrong = []
    for _ in range(30):
        masks = told(clicks, len(sample.superpoints))
        wrong.append(int((masks != user.truth).sum()))
        clicks = user.correct(clicks, masks)
    assert wrong == sorted(wrong, reverse=True) and wrong[0] > 0 and wrong[-1] == 0
    assert len(user.correct(clicks, masks).point) == len(clicks.point)
    assert torch.equal(sample.superpoints.ids[clicks.point], clicks.superpoint)


def told(clicks, total):
    masks = torch.zeros(len(clicks), total, dtype=torch.bool)
    masks[clicks.prompt, clicks.superpoint] = clicks.positive
    return masks


def test_a_scene_without_targets_has_no_user():
    sample = room_sample()
    sample.targets = None
    with pytest.raises(DataError, match='room0000_00 has no targets'):
        SimulatedUser(sample)


class Obedient:
    """Masks exactly as the clicks say, superpoint by superpoint; counts its calls."""

    def __init__(self, sample):
        self.total, self.calls, self.with_gradients = len(sample.superpoints), 0, False

    def __call__(self, prompts):
        self.calls += 1
        self.with_gradients |= torch.is_grad_enabled()
        return told(prompts.clicks, self.total)


@pytest.mark.parametrize('rounds', [1, 4])
def test_training_adds_a_random_number_of_corrections(rounds):
    torch.manual_seed(0)
    sample, module = room_sample(), CorrectionClicks(probability=1.0, rounds=rounds)
    added = set()
    for _ in range(30):
        model = Obedient(sample)
        prompts = module(sample, model)
        assert len(prompts.clicks) == len(sample.prompts.clicks) and prompts.texts is sample.prompts.texts
        assert len(prompts.clicks.point) > len(sample.prompts.clicks.point)
        assert not model.with_gradients
        added.add(model.calls)
    assert added == set(range(1, rounds + 1))


def test_a_share_of_the_scenes_is_corrected():
    torch.manual_seed(0)
    sample, module = room_sample(), CorrectionClicks(probability=0.3)
    done = [module(sample, Obedient(sample)) is not sample.prompts for _ in range(200)]
    assert 0.2 < sum(done) / len(done) < 0.4


def test_scenes_without_clicks_are_not_predicted():
    sample = room_sample(boxes=0)
    assert CorrectionClicks(1.0)(sample, None) is sample.prompts
    assert isinstance(sample.prompts, Prompts)


@pytest.mark.parametrize('settings', [{'rounds': 0}, {'probability': 1.5}, {'probability': -0.1}])
def test_impossible_settings_are_refused(settings):
    with pytest.raises(ConfigError, match='CorrectionClicks needs'):
        CorrectionClicks(**settings)
