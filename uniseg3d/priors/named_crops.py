"""Crops of objects whose names are known, from frames with maps of objects: what an expert is taught with."""

from collections.abc import Mapping

import torch
from torch import Tensor

from uniseg3d.priors.crop_expert import STORED, WIDEST
from uniseg3d.priors.crops import cut_crops, cut_ids
from uniseg3d.structures import ViewSet
from uniseg3d.utils.errors import DataError

FEWEST = 80  # pixels of an object that a photo must show


def named_crops(views: ViewSet, names: Mapping[int, str]) -> tuple[Tensor, list[str]]:
    """Crops [n, 4, STORED, STORED] uint8 at the scale ``WIDEST`` and what they show; ``names`` by object id."""
    if views.instance is None:
        raise DataError(f'scene {views.scene_id}: the frames have no maps of objects (instance/N.png); nothing can be taught')
    view, number, boxes = object_boxes(views.instance)
    known = torch.tensor([int(one) in names for one in number], dtype=torch.bool)
    view, number, boxes = view[known], number[known], boxes[known]
    colors = cut_crops(views.images, view, boxes, STORED, WIDEST)
    own = cut_ids(views.instance, view, boxes, STORED, WIDEST) == number[:, None, None]
    crops = torch.cat([colors, own[:, None]], 1)
    return (255 * crops).round().byte(), [names[int(one)] for one in number]


def object_boxes(ids: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """View [n], id [n] and box [n, 4] (left, top, right, bottom) of all that maps [V, H, W] show with enough pixels."""
    width = int(ids.max()) + 1
    view, row, column = (ids >= 0).nonzero(as_tuple=True)
    cell = view * width + ids[view, row, column]
    count = torch.bincount(cell, minlength=len(ids) * width)
    places = torch.stack([column, row, -column, -row]).float()
    low = torch.full((4, len(count)), torch.inf).scatter_reduce(1, cell.expand(4, -1), places, 'amin')
    shown = (count >= FEWEST).nonzero()[:, 0]
    boxes = torch.cat([low[:2], -low[2:]])[:, shown].T
    return shown // max(width, 1), shown % max(width, 1), boxes
