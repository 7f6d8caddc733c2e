import numpy as np
import pytest
from scene_files import loaded_sample
from scipy.interpolate import RegularGridInterpolator

from uniseg3d.transforms import ElasticDistortion
from uniseg3d.transforms.elastic import displace, elastic_distortion, smooth_noise
from uniseg3d.utils.errors import DataError


def test_interpolates_the_noise_on_the_stated_grid():
    """Nodes at (-(b - 1) .. (b - 1)) * granularity, b = largest coordinate // granularity + 3."""
    coords = np.random.default_rng(0).normal(size=(200, 3)) * [40, 25, 10]
    moved = displace(coords, 6, 40.0, np.random.default_rng(1))
    shape = np.abs(coords).max(0).astype(int) // 6 + 3
    noise = smooth_noise(shape, np.random.default_rng(1))
    axes = [np.linspace(-(b - 1) * 6, (b - 1) * 6, b) for b in shape]
    expected = np.stack([RegularGridInterpolator(axes, channel)(coords) for channel in noise], axis=1)
    np.testing.assert_allclose(moved, coords + 40 * expected, atol=1e-9)


def test_noise_is_blurred_twice_along_each_axis():
    class Impulse:
        def standard_normal(self, size):
            noise = np.zeros(size)
            noise[0, 4, 4, 4] = 1
            return noise

    noise = smooth_noise(np.array([9, 9, 9]), Impulse())
    line = np.array([0, 0, 1, 2, 3, 2, 1, 0, 0]) / 9
    np.testing.assert_allclose(noise[0], line[:, None, None] * line[:, None] * line, atol=1e-7)
    assert not noise[1:].any()


def test_neighbours_stay_neighbours():
    coords = np.random.default_rng(0).random((500, 3)) * 200
    step = 0.01
    a = elastic_distortion(coords, np.random.default_rng(2))
    b = elastic_distortion(coords + [step, 0, 0], np.random.default_rng(2))
    assert np.abs(a - coords).max() > 5
    assert np.abs(a - b).max() < 60 * step


def test_a_grid_that_would_not_fit_into_memory_is_refused():
    with pytest.raises(DataError, match='3336 x 3336 x 20 nodes'):
        elastic_distortion(np.array([[20000.0, 20000.0, 105.0]]), np.random.default_rng(0))


def test_a_single_point_is_no_problem():
    assert np.isfinite(elastic_distortion(np.zeros((1, 3)), np.random.default_rng(0))).all()


@pytest.mark.parametrize('probability', [0.0, 1.0])
def test_the_probability_decides_and_xyz_stays(probability):
    sample = loaded_sample()
    before = sample['xyz'].copy()
    sample = ElasticDistortion(voxel_size=0.05, probability=probability)(sample)
    assert np.allclose(sample['voxel_coords'], before / 0.05) == (probability == 0)
    np.testing.assert_array_equal(sample['xyz'], before)


def test_half_of_the_samples_are_distorted():
    transform = ElasticDistortion(probability=0.5, levels=((20, 160.0),))
    xyz = np.random.default_rng(0).random((5, 3), dtype=np.float32)
    rng = np.random.default_rng(0)
    count = sum(not np.allclose(transform({'xyz': xyz, 'rng': rng})['voxel_coords'], xyz / 0.02) for _ in range(200))
    assert 70 < count < 130
