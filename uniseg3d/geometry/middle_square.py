"""The middle square of a photo, as networks of one size take it."""

import numpy as np

from uniseg3d.geometry.image_resize import FittedPhoto, resize_colors, scaling_matrix, shift_matrix


def middle_square(image: np.ndarray, size: int) -> FittedPhoto:
    """``image`` [H, W, 3] uint8 with its short side brought to ``size``, and the middle cut out: [size, size, 3]."""
    height, width = image.shape[:2]
    short = min(height, width)
    new_height, new_width = int(size * height / short), int(size * width / short)
    resized = resize_colors(image, new_width, new_height, smooth=True)
    left, top = (new_width - size) // 2, (new_height - size) // 2
    transform = shift_matrix(-left, -top) @ scaling_matrix(new_width / width, new_height / height)
    return FittedPhoto(resized[top : top + size, left : left + size], transform)
