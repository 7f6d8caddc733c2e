"""Photos resized and cropped to what image networks take, and where their pixels went.

Every function that moves pixels says so by a matrix A [3, 3] in whole-number pixel centres: pixel ``(u, v, 1)`` goes to
``A (u, v, 1)``, and the camera matrix K of the photo becomes ``A K``.
"""

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from uniseg3d.utils.errors import DataError

Table = tuple[tuple[int, int], ...]
SMALL_SIZE = 224  # networks of this size take squares

# long side of the network's images: their shapes as (long, short)
RESOLUTION_TABLES: dict[int, Table] = {
    224: ((224, 224),),
    336: ((336, 336),),
    384: ((384, 288), (384, 256), (384, 192), (384, 128)),
    448: ((448, 448),),
    512: ((512, 384), (512, 336), (512, 288), (512, 256), (512, 160)),
    768: ((768, 576), (768, 512), (768, 432), (768, 384), (768, 240)),
}


class FittedPhoto(NamedTuple):
    image: np.ndarray  # [H, W, 3] uint8
    transform: np.ndarray  # [3, 3] float64, pixels of the photo to pixels of ``image``


def resize_colors(image: np.ndarray, width: int, height: int, smooth: bool) -> np.ndarray:
    """Picture [H, W, 3] uint8 at another size; ``smooth`` (Lanczos) is for making it smaller, else cubic."""
    method = Image.Resampling.LANCZOS if smooth else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(image).resize((width, height), method))


def resize_nearest(values: np.ndarray, width: int, height: int) -> np.ndarray:
    """Map [H, W] of depths or ids at another size: pixel i shows pixel floor(i · old / new)."""
    rows, columns = (_nearest(old, new) for old, new in zip(values.shape, (height, width), strict=True))
    return values[rows[:, None], columns]


def resize_cubic(maps: Tensor, height: int, width: int) -> Tensor:
    """Smooth maps [V, H, W] at another size, cubic as OpenCV does it."""
    if maps.shape[1:] == (height, width):
        return maps
    return F.interpolate(maps[:, None], (height, width), mode='bicubic', align_corners=False)[:, 0]


def _nearest(old: int, new: int) -> np.ndarray:
    """Index [new] of the pixel to show; rounded as OpenCV does, which decides where a pixel lies exactly on an edge."""
    return np.minimum(np.floor(np.arange(new) * (1 / (new / old))).astype(int), old - 1)


def fit_photo(
    image: np.ndarray,  # [H, W, 3] uint8, upright
    size: int = 512,
    crop: bool = True,  # cut what is too much; False: squeeze the whole photo into the size
    square_ok: bool = False,  # keep a square photo square; False: cut or squeeze its height to 3/4
    patch: int = 16,
) -> FittedPhoto:
    """Bring a photo to the size that pair and stream networks take: long side ``size``, both sides whole patches.

    For ``size`` 224 the short side becomes 224 and the middle square is kept.
    """
    height, width = image.shape[:2]
    if min(height, width) < 1:
        raise DataError(f'cannot fit a photo of {height} x {width} pixels; expected at least one pixel')
    long_side = size if size != SMALL_SIZE else round(size * max(width / height, height / width))
    largest = max(height, width)
    new_width, new_height = (round(side * long_side / largest) for side in (width, height))
    resized = resize_colors(image, new_width, new_height, smooth=largest > long_side)
    half_width, half_height = _halves(new_width, new_height, size, square_ok, patch)
    if min(half_width, half_height) < 1:
        raise DataError(f'a photo of {width} x {height} pixels is too narrow for patches of {patch}; cut it to less than 1:30')
    scaling = scaling_matrix(new_width / width, new_height / height)
    if crop:
        left, top = new_width // 2 - half_width, new_height // 2 - half_height
        image = resized[top : top + 2 * half_height, left : left + 2 * half_width]
        return FittedPhoto(image, shift_matrix(-left, -top) @ scaling)
    squeeze = scaling_matrix(2 * half_width / new_width, 2 * half_height / new_height)
    return FittedPhoto(resize_colors(resized, 2 * half_width, 2 * half_height, smooth=True), squeeze @ scaling)


def _halves(width: int, height: int, size: int, square_ok: bool, patch: int) -> tuple[int, int]:
    if size == SMALL_SIZE:
        half = min(width // 2, height // 2)
        return half, half
    half_width, half_height = (side // 2 * 2 // patch * patch // 2 for side in (width, height))
    if width == height and not square_ok:
        half_height = 3 * half_width // 4
    return half_width, half_height


def resolution_table(size: int) -> Table:
    """What networks of long side ``size`` take."""
    if size not in RESOLUTION_TABLES:
        raise DataError(f'no image sizes are known for networks of size {size}; expected one of {sorted(RESOLUTION_TABLES)}')
    return RESOLUTION_TABLES[size]


def choose_resolution(height: int, width: int, table: Table) -> tuple[int, int]:
    """(height, width) of ``table`` whose shape is nearest to that of an image; the image's own if it is in it."""
    if (max(height, width), min(height, width)) in table:
        return height, width
    portrait = height > width
    ratio = width / height
    long, short = min(table, key=lambda shape: abs(ratio - (shape[1] / shape[0] if portrait else shape[0] / shape[1])))
    return (long, short) if portrait else (short, long)


def crop_shape(height: int, width: int, target: tuple[int, int]) -> tuple[int, int]:
    """(height, width) of the largest part of an image that has the shape of ``target`` (height, width)."""
    ratio = target[1] / target[0]
    return (height, int(height * ratio)) if width / height > ratio else (int(width / ratio), width)


def fit_to_table(image: Tensor, table: Table) -> tuple[Tensor, np.ndarray]:
    """Bring an image [3, H, W] float to the nearest resolution of a :func:`resolution_table`: centre crop, then bilinear.

    Returns it and the matrix [3, 3] float64 from its old to its new pixels.
    """
    height, width = image.shape[-2:]
    new_height, new_width = choose_resolution(height, width, table)
    crop_height, crop_width = crop_shape(height, width, (new_height, new_width))
    if (height, width) == (new_height, new_width):
        return image, np.eye(3)
    top, left = round((height - crop_height) / 2), round((width - crop_width) / 2)
    part = image[..., top : top + crop_height, left : left + crop_width]
    fitted = torch.nn.functional.interpolate(part[None], (new_height, new_width), mode='bilinear', antialias=True)[0]
    scaling = scaling_matrix(new_width / crop_width, new_height / crop_height)
    return fitted, scaling @ shift_matrix(-left, -top)


def shift_matrix(right: float, down: float) -> np.ndarray:
    """Matrix [3, 3] that moves pixels."""
    return np.array([[1.0, 0, right], [0, 1, down], [0, 0, 1]])


def scaling_matrix(across: float, down: float) -> np.ndarray:
    """Matrix [3, 3] that takes pixel centres of an image to those of one with so many times its pixels; edges stay edges."""
    return np.array([[across, 0, (across - 1) / 2], [0, down, (down - 1) / 2], [0, 0, 1.0]])
