"""Augmentations move clouds as stated and draw from the stated distributions."""

import numpy as np
import pytest
from scene_files import loaded_sample
from scipy import stats

from uniseg3d.transforms import AlignAxes, RandomFlip, RotateScaleTranslate


def draws(transform, count=1500):
    rng = np.random.default_rng(0)
    matrices = np.stack([transform.draw(rng) for _ in range(count)])
    scale = matrices[:, 2, 2]
    angle = np.arctan2(matrices[:, 1, 0], matrices[:, 0, 0])
    return angle, scale, matrices[:, :3, 3]


def plausible(values, distribution):
    return stats.kstest(values, distribution.cdf).pvalue > 1e-3


def test_the_default_distributions_are_those_of_the_released_model():
    angle, scale, shift = draws(RotateScaleTranslate())
    assert plausible(angle, stats.uniform(-3.14, 6.28))
    assert plausible(scale, stats.uniform(0.8, 0.4))
    assert all(plausible(shift[:, axis], stats.norm(0, 0.1)) for axis in range(3))


def test_quarter_turns_keep_walls_on_the_axes():
    angle, _, _ = draws(RotateScaleTranslate(rotation_range=(-0.1, 0.1), quarter_turns=True))
    turns = np.round(angle / (np.pi / 2))
    assert plausible(angle - turns * np.pi / 2, stats.uniform(-0.1, 0.2))
    counts = np.bincount(turns.astype(int) % 4)
    assert stats.chisquare(counts).pvalue > 1e-3


def test_rotation_comes_before_translation_and_follows_the_formula():
    transform = RotateScaleTranslate()
    sample = loaded_sample(rng=np.random.default_rng(3))
    xyz = sample['xyz'].copy()
    rng = np.random.default_rng(3)
    angle, scale, shift = rng.uniform(-3.14, 3.14), rng.uniform(0.8, 1.2), rng.normal(scale=[0.1] * 3)
    x, y, z = xyz.T
    c, s = np.cos(angle), np.sin(angle)
    expected = scale * np.stack([c * x - s * y, s * x + c * y, z], axis=1) + shift
    moved = transform(sample)['xyz']
    np.testing.assert_allclose(moved, expected, atol=1e-5)
    assert moved.dtype == np.float32


@pytest.mark.parametrize(('probability', 'sign'), [(0.0, 1), (1.0, -1)])
def test_flips_mirror_x_and_y_only(probability, sign):
    sample = loaded_sample()
    xyz = sample['xyz'].copy()
    np.testing.assert_array_equal(RandomFlip(probability)(sample)['xyz'], xyz * [sign, sign, 1])


def test_flips_are_independent():
    flip, seen = RandomFlip(0.5), []
    rng = np.random.default_rng(0)
    for _ in range(400):
        seen.append(flip({'xyz': np.ones((1, 3), np.float32), 'rng': rng})['xyz'][0, :2])
    counts = np.unique(np.array(seen), axis=0, return_counts=True)[1]
    assert len(counts) == 4 and stats.chisquare(counts).pvalue > 1e-3


def test_alignment_applies_the_matrix_of_the_scan():
    sample = loaded_sample()
    sample['info'].axis_align_matrix = np.array([[0, -1, 0, 1], [1, 0, 0, 2], [0, 0, 1, 3], [0, 0, 0, 1.0]])
    x, y, z = sample['xyz'].T.copy()
    np.testing.assert_allclose(AlignAxes()(sample)['xyz'], np.stack([1 - y, x + 2, z + 3], axis=1), rtol=1e-6)


def test_alignment_of_a_centred_scan_uses_its_own_frame():
    origin = np.array([5000.0, 0, 0])
    plain, moved = loaded_sample(), loaded_sample(origin=origin)
    moved['info'].axis_align_matrix[:3, 3] = -origin
    np.testing.assert_allclose(AlignAxes()(moved)['xyz'], plain['xyz'], atol=1e-6)
    assert not moved['origin'].any()
