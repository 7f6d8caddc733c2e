import numpy as np
from scene_files import loaded_sample

from uniseg3d.transforms import ColorJitter, NormalizeColor


def test_normalising_maps_0_to_255_onto_minus_1_to_1():
    color = np.array([[0, 127.5, 255]], dtype=np.float32)
    np.testing.assert_allclose(NormalizeColor()({'color': color})['color'], [[-1, 0, 1]])


def test_uint8_colours_do_not_overflow():
    color = NormalizeColor()({'color': np.array([[0, 10, 255]], dtype=np.uint8)})['color']
    np.testing.assert_allclose(color, [[-1, -0.92156863, 1]], rtol=1e-6)


def test_jitter_changes_colours_within_their_range_and_nothing_else():
    before = loaded_sample()
    after = ColorJitter(gain=0.3, shift=40, noise=5)(loaded_sample())
    assert after['color'].dtype == np.float32
    assert after['color'].min() >= 0 and after['color'].max() <= 255
    assert np.abs(after['color'] - before['color']).mean() > 1
    np.testing.assert_array_equal(after['xyz'], before['xyz'])


def test_jitter_of_strength_zero_is_the_identity():
    after = ColorJitter(gain=0, shift=0, noise=0)(loaded_sample())
    np.testing.assert_allclose(after['color'], loaded_sample()['color'])


def test_gain_and_shift_act_on_whole_channels():
    flat = {'color': np.full((100, 3), 128, np.float32), 'rng': np.random.default_rng(0)}
    color = ColorJitter(noise=0)(flat)['color']
    assert (color == color[0]).all() and len(np.unique(color[0])) == 3
