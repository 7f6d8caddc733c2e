import math

import pytest
import torch

from uniseg3d.evaluation.functional.image_quality import psnr, psnr_original, ssim, ssim_original
from uniseg3d.utils.errors import DataError


def photo(height: int = 16, width: int = 20) -> torch.Tensor:
    return torch.rand(3, height, width, generator=torch.Generator().manual_seed(0))


def test_psnr_of_a_known_error() -> None:
    assert psnr(torch.full((3, 4, 4), 0.6), torch.full((3, 4, 4), 0.5)) == pytest.approx(20, abs=1e-4)
    assert psnr(photo(), photo()) == math.inf


def test_a_dark_photo_scores_lower_by_the_original_rule() -> None:
    dark = photo() / 2
    dark[0, 0, 0] = 0.5
    difference = psnr(dark + 0.1, dark) - psnr_original(dark + 0.1, dark)
    assert difference == pytest.approx(20 * math.log10(2), abs=1e-4)


def test_ssim_beside_a_literal_loop() -> None:
    first, second = photo(), (photo() + photo().flip(2)) / 2
    place = torch.arange(11.0).double() - 5
    line = torch.exp(-place.square() / 4.5)
    weight = line[:, None] * line / line.sum() ** 2
    found = []
    for channel in range(3):
        for y in range(6):
            for x in range(10):
                a, b = (image[channel, y : y + 11, x : x + 11].double() for image in (first, second))
                mean_a, mean_b = (weight * a).sum(), (weight * b).sum()
                both = (weight * (a - mean_a) * (b - mean_b)).sum()
                spread = (weight * (a - mean_a) ** 2).sum() + (weight * (b - mean_b) ** 2).sum()
                shape = (2 * mean_a * mean_b + 1e-4) * (2 * both + 9e-4)
                found.append(shape / ((mean_a**2 + mean_b**2 + 1e-4) * (spread + 9e-4)))
    assert ssim(first, second) == pytest.approx(float(torch.stack(found).mean()), abs=1e-9)


def test_equal_images_are_alike() -> None:
    assert ssim(photo(), photo()) == pytest.approx(1)
    assert ssim_original(photo(), photo()) == pytest.approx(1)
    assert ssim(photo(), 1 - photo()) < 0


def test_images_that_do_not_fit() -> None:
    with pytest.raises(DataError, match='differ'):
        psnr(photo(16, 20), photo(20, 16))
    with pytest.raises(DataError, match='windows of 11'):
        ssim(photo(8, 20), photo(8, 20))
