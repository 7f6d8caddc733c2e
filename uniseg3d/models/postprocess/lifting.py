"""Labels of pixels become labels of their gaussians."""

import copy

import torch
from torch import Tensor

from uniseg3d.structures.gaussians import Gaussians
from uniseg3d.structures.video_segments import VideoSegments


def lift_labels(gaussians: Gaussians, segments: VideoSegments) -> Gaussians:
    """Every gaussian gets the class, the segment and the masks of its pixel: as many gaussians as the views have pixels.

    Where no query answers there is one that says "no object" everywhere, so that files and renderings have a table.
    """
    lifted = copy.copy(gaussians)
    lifted.semantic = segments.semantic_maps().flatten() + 1
    lifted.instance = segments.maps.clamp(min=0).flatten()
    lifted.masks, lifted.mask_classes = _table(segments)
    return lifted


def _table(segments: VideoSegments) -> tuple[Tensor, Tensor]:
    """Masks [G, K] of the pixels and classes [K, C + 1]."""
    if len(segments):
        return segments.masks.flatten(1).T.contiguous(), segments.classes
    nothing = torch.zeros_like(segments.classes[:0].sum(0))[None]  # [1, C + 1]
    nothing[:, -1] = 1
    return segments.masks.new_ones(segments.maps.numel(), 1), nothing
