"""Bad clouds: each is repaired as documented, or refused in one sentence that says what to do."""

import numpy as np
import pytest

from uniseg3d.transforms.cloud_checks import clean_cloud
from uniseg3d.utils.errors import ConfigError, DataError


def cloud(count=50, seed=0, dtype=np.float32):
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.random((count, 3)) * 4, rng.integers(0, 256, (count, 3))], axis=1).astype(dtype)


def test_a_good_cloud_passes_untouched():
    points = cloud()
    result = clean_cloud(points)
    np.testing.assert_array_equal(result.xyz, points[:, :3])
    np.testing.assert_array_equal(result.color, points[:, 3:])
    assert result.rows is None and not result.origin.any() and not result.repairs


def test_one_point_is_a_cloud():
    assert len(clean_cloud(cloud(1)).xyz) == 1


def test_no_points_are_refused():
    with pytest.raises(DataError, match='no points; expected at least one'):
        clean_cloud(cloud(0))


def test_missing_colours_are_refused_by_shape():
    with pytest.raises(DataError, match=r'six columns.*\(50, 3\)'):
        clean_cloud(cloud()[:, :3])


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize('column', [0, 5])
def test_rows_that_are_not_finite_are_dropped_and_counted(value, column):
    points = cloud()
    points[[3, 7], column] = value
    result = clean_cloud(points)
    np.testing.assert_array_equal(result.rows, np.delete(np.arange(50), [3, 7]))
    np.testing.assert_array_equal(result.xyz, points[result.rows, :3])
    assert '2 of 50 points' in result.repairs['non_finite']


def test_rows_that_are_not_finite_can_be_an_error():
    points = cloud()
    points[3, 2] = np.nan
    with pytest.raises(DataError, match='1 of 50 points have NaN or Inf'):
        clean_cloud(points, non_finite='error')


def test_a_cloud_of_nothing_but_nan_is_refused():
    with pytest.raises(DataError, match='no point is left'):
        clean_cloud(np.full((4, 6), np.nan))


def test_an_unknown_policy_is_a_config_error():
    with pytest.raises(ConfigError, match='ignore'):
        clean_cloud(cloud(), non_finite='ignore')


def test_colours_between_0_and_1_are_scaled_up():
    points = cloud()
    expected = points[:, 3:].copy()
    points[:, 3:] /= 255
    result = clean_cloud(points)
    np.testing.assert_allclose(result.color, expected, atol=1e-3)
    assert '0..1' in result.repairs['color']


def test_a_cloud_without_colour_is_left_black():
    points = cloud()
    points[:, 3:] = 0
    result = clean_cloud(points)
    assert not result.color.any() and not result.repairs


@pytest.mark.parametrize(('value', 'hint'), [(-3.0, 'overflow'), (300.0, '16-bit'), (65535.0, '16-bit'), (1e6, 'overflow')])
def test_colours_outside_0_to_255_are_refused(value, hint):
    points = cloud()
    points[9, 4] = value
    with pytest.raises(DataError, match=f'expected 0..255.*{hint}'):
        clean_cloud(points)


def test_millimetres_are_refused_with_the_voxels_they_would_mean_and_the_remedy():
    points = cloud()
    points[:, :3] *= 1000
    with pytest.raises(DataError, match=r'grid of \d.*voxels.*unit=0.001'):
        clean_cloud(points)
    np.testing.assert_allclose(clean_cloud(points, unit=0.001).xyz, cloud()[:, :3], atol=1e-5)


def test_centimetres_are_recognised():
    points = cloud()
    points[:, :3] *= 100
    with pytest.raises(DataError, match=r'centimetres.*unit=0.01'):
        clean_cloud(points)


def test_a_large_scene_is_accepted_when_the_limit_is_raised():
    points = cloud()
    points[:, :3] *= 100
    assert np.ptp(clean_cloud(points, max_extent=500.0).xyz, axis=0).max() > 300


def test_far_coordinates_are_centred_in_float64():
    points = cloud(dtype=np.float64)
    points[:, :3] += [1e6, -2e6, 0]
    result = clean_cloud(points)
    assert result.xyz.dtype == np.float32 and np.abs(result.xyz).max() <= 4
    np.testing.assert_allclose(result.xyz + result.origin, points[:, :3], atol=1e-6)
    # spacing survives: in float32 neighbours would have merged
    np.testing.assert_allclose(np.diff(result.xyz, axis=0), np.diff(cloud(dtype=np.float64)[:, :3], axis=0), atol=1e-6)
    assert '1e+06' in result.repairs['far'] or '2e+06' in result.repairs['far']


def test_far_float32_coordinates_are_centred_and_the_loss_is_stated():
    points = cloud()
    points[:, 0] += 1e6
    assert 'rounded them to 0.062 m' in clean_cloud(points).repairs['far']
