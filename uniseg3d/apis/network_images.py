"""Images as users have them to what image networks take."""

import numpy as np
import torch
from torch import Tensor

from uniseg3d.structures.view_batch import GRAY
from uniseg3d.utils.errors import DataError

PRECISIONS = {'float32': None, 'bfloat16': torch.bfloat16, 'float16': torch.float16}  # what networks compute in
Image = np.ndarray | Tensor  # [H, W, 3] uint8 RGB, or [3, H, W] float in -1..1


def network_image(image: Image, name: str) -> Tensor:
    """[3, H, W] float32 in -1..1 of both kinds of images; ``name`` is for messages."""
    tensor = torch.as_tensor(np.ascontiguousarray(image) if isinstance(image, np.ndarray) else image)
    if tensor.ndim == 3 and tensor.dtype == torch.uint8 and tensor.shape[2] == 3 and tensor.numel():
        return tensor.permute(2, 0, 1).float() / GRAY - 1
    if tensor.ndim == 3 and tensor.is_floating_point() and tensor.shape[0] == 3 and tensor.numel():
        if not tensor.isfinite().all():
            raise DataError(f'{name} has values that are not finite; leave it out')
        return tensor.float()
    kind = f'{str(tensor.dtype).removeprefix("torch.")} {list(tensor.shape)}'
    raise DataError(f'{name} is {kind}; expected uint8 [H, W, 3] (RGB) or float [3, H, W] in -1..1')


def network_size(image: Image) -> tuple[int, int]:
    """Height and width of an image of either kind."""
    height, width = image.shape[:2] if image.shape[2] == 3 and image.dtype in (np.uint8, torch.uint8) else image.shape[1:]
    return int(height), int(width)
