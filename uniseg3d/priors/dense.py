"""How a network with square inputs describes the pixels of a photo of any shape."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

BLANK = -1.0  # what is outside the photo, as a normalised colour


@torch.no_grad()
def padded_features(image: Tensor, network: Callable[[Tensor], Tensor], base_size: int, crop_size: int) -> Tensor:
    """Features [C, h, w] of a photo [H, W, 3] uint8 by LSeg's rule: the sum over the photo and its mirror image, not the mean.

    The photo is resized to ``base_size`` pixels along its longer side and padded at the right and at the bottom to
    ``crop_size``. ``network`` maps colours -1..1 [1, 3, crop_size, crop_size] to features [1, C, h', w']. Of those the block of
    the photo's own size at the top left is kept. That is one feature per pixel only where the network halves its input and
    ``base_size`` is twice the longer side; any other photo must be resized before, or its map after.
    """
    height, width = image.shape[:2]
    colors = (image.permute(2, 0, 1)[None].float() / 255 - 0.5) / 0.5
    ratio = base_size / max(height, width)
    size = [base_size if side == max(height, width) else int(side * ratio + 0.5) for side in (height, width)]
    resized = F.interpolate(colors, size, mode='bilinear', align_corners=True)
    padded = F.pad(resized, (0, crop_size - size[1], 0, crop_size - size[0]), value=BLANK)
    both = network(padded) + network(padded.flip(3)).flip(3)
    return both[0, :, :height, :width]
