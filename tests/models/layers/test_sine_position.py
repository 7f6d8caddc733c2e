"""Positions as sines: what every size of grid has in common."""

import math

import torch

from uniseg3d.models.layers.sine_position import sine_axis, sine_grid, sine_video


def test_pairs_turn_at_falling_speed():
    table = sine_axis(5, 6)
    for place in range(5):
        angle = (place + 1) / (5 + 1e-6) * 2 * math.pi
        for pair in range(3):
            turned = angle / 10000 ** (2 * pair / 6)
            expected = torch.tensor([math.sin(turned), math.cos(turned)])
            torch.testing.assert_close(table[place, 2 * pair : 2 * pair + 2], expected, atol=1e-6, rtol=0)


def test_the_row_stands_in_the_first_half():
    grid = sine_grid(3, 4, 8).view(3, 4, 8)
    assert torch.equal(grid[1, 0, :4], grid[1, 3, :4]) and not torch.equal(grid[0, 0, :4], grid[1, 0, :4])
    assert torch.equal(grid[0, 2, 4:], grid[2, 2, 4:])
    torch.testing.assert_close(grid[:, 0, :4], sine_axis(3, 4))


def test_frames_add_their_number_to_every_channel():
    video = sine_video(3, 2, 2, 8).view(3, 4, 8)
    expected = sine_grid(2, 2, 8) + sine_axis(3, 8)[2]
    torch.testing.assert_close(video[2], expected)
    assert sine_video(1, 2, 2, 8).shape == (4, 8)
