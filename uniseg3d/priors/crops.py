"""Square pictures of objects, cut out of the photos that show them."""

import torch
import torch.nn.functional as F
from torch import Tensor

GREY = 0.5  # colour of what lies outside a photo, and what surroundings fade to
FINER = 2  # samples per pixel of a crop along each side: large boxes would alias


def cut_crops(images: Tensor, view: Tensor, boxes: Tensor, size: int, scale: float = 1.0) -> Tensor:
    """Crops [K, 3, size, size], colours 0..1, around ``boxes`` [K, 4] of views ``view`` [K] of ``images`` [V, H, W, 3] uint8.

    A box is left, top, right, bottom in pixels, with pixel centres at whole numbers. A crop is the square around its centre
    that is ``scale`` times as wide as its longer side.
    """
    crops = torch.full((len(view), 3, size, size), GREY, device=images.device)
    for shown in view.unique().tolist():
        rows = (view == shown).nonzero()[:, 0]
        photo = images[shown].permute(2, 0, 1)[None].float() / 255 - GREY
        crops[rows] = F.avg_pool2d(_sample(photo, boxes[rows], FINER * size, scale, 'bilinear'), FINER) + GREY
    return crops


def cut_ids(ids: Tensor, view: Tensor, boxes: Tensor, size: int, scale: float = 1.0) -> Tensor:
    """The same of maps of ids [V, H, W] int64, by the nearest pixel, -1 outside a photo: [K, size, size]."""
    cut = torch.full((len(view), size, size), -1, device=ids.device)
    for shown in view.unique().tolist():
        rows = (view == shown).nonzero()[:, 0]
        shifted = ids[shown][None, None].double() + 1  # zero is what grid_sample gives outside
        cut[rows] = _sample(shifted, boxes[rows], size, scale, 'nearest')[:, 0].round().long() - 1
    return cut


def fade_surroundings(crops: Tensor, inside: Tensor, share: float) -> Tensor:
    """Crops [K, 3, S, S] with ``share`` of their colour taken from all that is not ``inside`` [K, S, S] bool."""
    faded = crops + share * (GREY - crops)
    return torch.where(inside[:, None], crops, faded)


def _sample(photo: Tensor, boxes: Tensor, size: int, scale: float, mode: str) -> Tensor:
    """Squares [k, C, size, size] around ``boxes`` [k, 4] of one ``photo`` [1, C, H, W]."""
    height, width = photo.shape[2:]
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    side = scale * (boxes[:, 2:] - boxes[:, :2] + 1).amax(1).clamp(min=1)  # [k]
    steps = (torch.arange(size, device=boxes.device) + 0.5) / size - 0.5  # [size]
    columns, rows = (centre[:, axis, None] + side[:, None] * steps for axis in (0, 1))  # [k, size], pixels
    grid = torch.stack(
        [
            ((2 * columns + 1) / width - 1)[:, None, :].expand(-1, size, -1),
            ((2 * rows + 1) / height - 1)[:, :, None].expand(-1, -1, size),
        ],
        dim=-1,
    )  # [k, size, size, 2]
    sampled = F.grid_sample(photo, grid.flatten(0, 1)[None].to(photo.dtype), mode=mode, align_corners=False)
    return sampled.unflatten(2, (len(boxes), size))[0].transpose(0, 1)
