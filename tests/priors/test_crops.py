"""Squares out of photos."""

import pytest
import torch

from uniseg3d.priors.crops import GREY, cut_crops, cut_ids, fade_surroundings


def photos():
    """Two photos 40 x 30; the second has a white box in columns 10..19 and rows 5..14."""
    images = torch.zeros(2, 30, 40, 3, dtype=torch.uint8)
    images[1, 5:15, 10:20] = 255
    return images


BOX = torch.tensor([[10.0, 5, 19, 14]])


def test_a_crop_holds_its_box_and_nothing_else():
    crop = cut_crops(photos(), torch.tensor([1]), BOX, 8)
    assert crop.shape == (1, 3, 8, 8) and crop[:, :, 1:-1, 1:-1].min() == 1 and crop.min() > 0.8
    assert cut_crops(photos(), torch.tensor([0]), BOX, 8).max() == 0


@pytest.mark.parametrize('scale', [2.0, 4.0])
def test_a_larger_scale_shows_surroundings(scale):
    crop = cut_crops(photos(), torch.tensor([1]), BOX, 40, scale)[0, 0]
    inside = crop == 1
    assert inside.any(0).sum() == pytest.approx(40 / scale, abs=2)
    assert inside.any(1).sum() == pytest.approx(40 / scale, abs=2)
    centre = inside.nonzero().float().mean(0)
    assert centre.tolist() == pytest.approx([19.5, 19.5], abs=0.6)


def test_outside_a_photo_it_is_grey():
    crop = cut_crops(photos(), torch.tensor([0]), torch.tensor([[-20.0, -20, -1, -1]]), 8)
    assert crop[:, :, :6, :6].unique().tolist() == [GREY]


def test_flat_boxes_become_squares_with_what_is_around():
    flat = torch.tensor([[10.0, 9, 19, 10]])
    crop = cut_crops(photos(), torch.tensor([1]), flat, 10)[0, 0]
    assert crop[1:-1, 1:-1].min() == 1  # ten rows of the box, as wide as it is


def test_crops_keep_their_order_over_the_views():
    view = torch.tensor([1, 0, 1])
    crops = cut_crops(photos(), view, BOX.expand(3, 4), 6)
    assert [float(crop.mean()) > 0.9 for crop in crops] == [True, False, True]
    assert cut_crops(photos(), view[:0], BOX[:0], 6).shape == (0, 3, 6, 6)


def test_ids_are_cut_by_the_nearest_pixel():
    ids = torch.full((2, 30, 40), 7)
    ids[1, 5:15, 10:20] = 2000123
    assert cut_ids(ids, torch.tensor([1]), BOX, 8).unique().tolist() == [2000123]
    assert cut_ids(ids, torch.tensor([1]), BOX, 8, 2.0).unique().tolist() == [7, 2000123]
    assert cut_ids(ids, torch.tensor([0]), torch.tensor([[-20.0, -20, -1, -1]]), 8)[0, 0, 0] == -1


def test_surroundings_fade_to_grey():
    crops = torch.rand(2, 3, 4, 4)
    inside = torch.zeros(2, 4, 4, dtype=torch.bool)
    inside[:, :2] = True
    faded = fade_surroundings(crops, inside, 1.0)
    assert torch.equal(faded[:, :, :2], crops[:, :, :2]) and faded[:, :, 2:].unique().tolist() == [GREY]
    torch.testing.assert_close(fade_surroundings(crops, inside, 0.0), crops)
