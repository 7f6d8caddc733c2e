import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from uniseg3d.evaluation.functional.depth import ALIGNMENTS, DepthErrors, average_depth_errors, depth_errors
from uniseg3d.utils.errors import ConfigError, DataError


def depths(seed=0, shape=(3, 8, 10)):
    return 0.5 + 4 * torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_by_hand():
    errors = depth_errors(torch.tensor([2.0, 3.0, 9.0]), torch.tensor([1.0, 3.0, 0.0]), 'metric')
    assert errors[:3] == pytest.approx((0.5, 0.5, 0.5**0.5))
    assert errors.log_rmse == pytest.approx((torch.log(torch.tensor(2.0)).item() ** 2 / 2) ** 0.5)
    assert errors[4:] == (0.5, 0.5, 0.5, 2)


@pytest.mark.parametrize(
    ('alignment', 'scale', 'shift'),
    [
        ('metric', 1, 0),
        ('median', 3, 0),
        ('scale', 3, 0),
        ('lstsq', 3, -0.2),
        ('scale&shift', 3, -0.2),
        ('scale&shift', 0.1, 5),
    ],
)
def test_what_an_alignment_may_change_costs_nothing(alignment, scale, shift):
    truth = depths()
    errors = depth_errors((truth - shift) / scale, truth, alignment)
    assert errors[:4] == pytest.approx((0, 0, 0, 0), abs=1e-6) and errors[4:7] == (1, 1, 1)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(3, 40))
def test_scale_and_shift_reach_the_least_absolute_error(seed, count):
    predicted, measured = depths(seed, (count,)), depths(seed + 1, (count,))
    aligned = ALIGNMENTS['scale&shift'](predicted, measured)
    found = (aligned - measured).abs().sum().item()
    # min Σ e with -e <= s p + t - g <= e as a linear program
    ones, eye = torch.ones(count, 1, dtype=torch.float64), torch.eye(count, dtype=torch.float64)
    line = torch.cat([predicted[:, None], ones], 1)
    bounds = torch.cat([torch.cat([line, -eye], 1), torch.cat([-line, -eye], 1)])
    cost = [0.0, 0.0] + [1.0] * count
    free = [(None, None)] * 2 + [(0, None)] * count
    best = linprog(cost, bounds.numpy(), torch.cat([measured, -measured]).numpy(), bounds=free).fun
    assert best - 1e-9 <= found <= best * 1.003 + 1e-6


def test_the_original_way_to_scale_and_shift_falls_short_of_it():
    truth = depths()
    shifted = truth / 2 + 1  # needs a shift by -2, which Adam with its small steps cannot reach
    assert depth_errors(shifted, truth, 'scale&shift').abs_rel < 1e-6
    assert depth_errors(shifted, truth, 'scale&shift_original').abs_rel > 0.05


def test_gradients_may_be_off():
    with torch.inference_mode():
        depth_errors(depths(), depths(1), 'scale&shift_original')


def test_only_measured_pixels_within_reach_count():
    truth = torch.tensor([1.0, 0.0, -1.0, torch.nan, torch.inf, 80.0, 70.0, 2.0])
    prediction = torch.full_like(truth, torch.nan)
    prediction[[0, 5, 6, 7]] = torch.tensor([1.0, 80.0, 70.0, 2.0])
    assert depth_errors(prediction, truth, 'metric', max_depth=70).pixels == 2
    assert depth_errors(prediction, truth, 'metric').pixels == 4
    assert depth_errors(prediction[1:5], truth[1:5]) == DepthErrors(0, 0, 0, 0, 0, 0, 0, 0)


def test_clipping_comes_after_the_alignment():
    truth = torch.tensor([1.0, 1.0, 60.0])
    errors = depth_errors(torch.tensor([1.0, 1.0, 300.0]), truth, 'median', clip=70)
    assert errors.abs_rel == pytest.approx(10 / 60 / 3)


def test_images_count_by_their_pixels():
    rows = [depth_errors(depths(seed, shape), depths(seed + 9, shape), 'metric') for seed, shape in ((0, (5, 5)), (1, (9, 2)))]
    whole = average_depth_errors([*rows, DepthErrors(0, 0, 0, 0, 0, 0, 0, 0)])
    assert whole.pixels == 43 and whole.abs_rel == pytest.approx((25 * rows[0].abs_rel + 18 * rows[1].abs_rel) / 43)
    assert average_depth_errors([]) == DepthErrors(0, 0, 0, 0, 0, 0, 0, 0)


def test_bad_input_is_refused():
    with pytest.raises(DataError, match='differ; resize first'):
        depth_errors(torch.ones(3, 4), torch.ones(4, 3))
    with pytest.raises(ConfigError, match='unknown depth alignment "best"'):
        depth_errors(torch.ones(3), torch.ones(3), 'best')
    with pytest.raises(DataError, match='NaN or Inf where depth was measured'):
        depth_errors(torch.tensor([1.0, torch.nan]), torch.ones(2))
    with pytest.raises(DataError, match='cannot be aligned by "median"'):
        depth_errors(torch.zeros(4), torch.ones(4), 'median')


def test_a_constant_prediction_can_be_shifted():
    truth = torch.tensor([1.0, 2.0, 9.0])
    assert depth_errors(torch.ones(3), truth, 'lstsq').rmse == pytest.approx(truth.std(correction=0).item())
    for value in (1.0, 0.1, 7.3):
        errors = depth_errors(torch.full((3,), value), truth, 'scale&shift')
        assert errors.abs_rel == pytest.approx((1 + 0 + 7 / 9) / 3, rel=1e-3)
