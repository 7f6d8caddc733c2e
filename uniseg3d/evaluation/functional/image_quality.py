"""How close rendered images are to photos: PSNR and SSIM."""

import torch
import torch.nn.functional as F
from torch import Tensor

from uniseg3d.utils.errors import DataError

WINDOW, SPREAD = 11, 1.5  # of the window of SSIM, in pixels
STEADY = (0.01, 0.03)  # shares of the range of values that keep ratios of small numbers steady


def psnr(image: Tensor, truth: Tensor, value_range: float = 1.0) -> float:
    """Peak signal to noise ratio in dB of ``image`` and ``truth`` [3, H, W]; infinite where they are equal."""
    _check(image, truth)
    error = (image.double() - truth.double()).square().mean()
    return float(10 * torch.log10(value_range**2 / error))


def ssim(image: Tensor, truth: Tensor, value_range: float = 1.0) -> float:
    """Structural similarity of ``image`` and ``truth`` [3, H, W]: mean over channels and all windows inside the image."""
    _check(image, truth)
    if min(truth.shape[-2:]) < WINDOW:
        raise DataError(f'SSIM looks at windows of {WINDOW} x {WINDOW} pixels; the images have {tuple(truth.shape[-2:])}')
    x, y = image.double(), truth.double()
    mean_x, mean_y, xx, yy, xy = _windowed(torch.stack([x, y, x * x, y * y, x * y]))
    spread_x, spread_y = (xx - mean_x.square()).clamp_min(0), (yy - mean_y.square()).clamp_min(0)
    first, second = ((share * value_range) ** 2 for share in STEADY)
    likeness = (2 * mean_x * mean_y + first) * (2 * (xy - mean_x * mean_y) + second)
    return float((likeness / ((mean_x.square() + mean_y.square() + first) * (spread_x + spread_y + second))).mean())


def psnr_original(image: Tensor, truth: Tensor) -> float:
    """PSNR as SIU3R reports it: the range of values is that of the photo, with black."""
    return psnr(image, truth, float(truth.max().clamp_min(0) - truth.min().clamp_max(0)))


def ssim_original(image: Tensor, truth: Tensor) -> float:
    """SSIM as SIU3R reports it: around every pixel, of images mirrored at their edges, for the larger range of both."""
    value_range = max(float(values.max() - values.min()) for values in (image, truth))
    mirrored = [F.pad(values[None], (WINDOW // 2,) * 4, mode='reflect')[0] for values in (image, truth)]
    return ssim(mirrored[0], mirrored[1], value_range)


def _windowed(maps: Tensor) -> Tensor:
    """Weighted means of ``maps`` [..., H, W] over every window."""
    place = torch.arange(WINDOW, dtype=maps.dtype, device=maps.device) - WINDOW // 2
    weight = torch.softmax(-place.square() / (2 * SPREAD**2), 0)
    flat = maps.reshape(-1, 1, *maps.shape[-2:])
    means = F.conv2d(F.conv2d(flat, weight.view(1, 1, 1, -1)), weight.view(1, 1, -1, 1))
    return means.view(*maps.shape[:-2], *means.shape[-2:])


def _check(image: Tensor, truth: Tensor) -> None:
    if image.shape != truth.shape or image.ndim != 3:
        raise DataError(f'a rendered image {list(image.shape)} and a photo {list(truth.shape)} differ; expected both [3, H, W]')
