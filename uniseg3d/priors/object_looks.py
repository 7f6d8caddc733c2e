"""What objects look like in the photos that show them best, and which names fit that."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from uniseg3d.geometry.projection import Sightings, find_visible
from uniseg3d.geometry.view_selection import BestViews, best_views, superpoint_maps
from uniseg3d.priors.crops import cut_crops, cut_ids, fade_surroundings
from uniseg3d.priors.experts import ImageTextExpert
from uniseg3d.structures import ViewSet
from uniseg3d.utils.errors import DataError

CROPS = 256  # that an expert sees at once


@dataclass(frozen=True, eq=False)
class Looks:
    """Directions of n objects in the space of an expert; an object that no photo shows well has none."""

    features: Tensor  # [n, D] of length one, or zeros
    seen: Tensor  # [n] bool

    def shares(self, texts: Tensor, temperature: float) -> Tensor:
        """How probable each of L names [L, P, D] is, by the best of its P synonyms: [n, L]; all equal where nothing is seen."""
        fits = torch.einsum('nd,lpd->nlp', self.features, F.normalize(texts.float(), dim=2)).amax(2)
        return (fits / temperature).softmax(1)


class PhotoWitness:
    """The photos of one scene beside its points, asked about masks."""

    def __init__(self, views: ViewSet, points: Tensor, superpoint: Tensor, tolerance: float = 0.05) -> None:
        """``points`` [N, 3] in the frame of the cameras; ``superpoint`` [N] 0..M-1; ``tolerance`` as in ``find_visible``."""
        if views.intrinsics is None or views.camera_to_world is None:
            raise DataError(f'scene {views.scene_id}: the photos have no cameras; objects cannot be found in them')
        self.views, self.superpoint = views, superpoint
        height, width = views.images.shape[1:3]
        self.size = (width, height)
        self.sightings: Sightings = find_visible(
            points, views.camera_to_world, views.intrinsics, self.size, views.depth, tolerance, border=0
        )
        self.maps = superpoint_maps(self.sightings, superpoint, self.size)  # [V, H, W]

    @torch.no_grad()
    def look(self, masks: Tensor, expert: ImageTextExpert, count: int = 5) -> Looks:
        """What the objects under ``masks`` [n, M] bool look like, in ``count`` photos each and at all scales of the expert.

        Crops count as much as their photo is good.
        """
        best = best_views(masks, self.superpoint, self.sightings, self.size, count)
        return average_looks(encode_crops(self.crops(masks, best, expert), expert), best, len(masks))

    def crops(self, masks: Tensor, best: BestViews, expert: ImageTextExpert) -> Tensor:
        """Pictures [K, scales, 4, S, S] of ``best``: colours, and which pixels are the object's own."""
        return torch.stack([self._cut(masks, best, expert, scale) for scale in expert.scales], 1)

    def _cut(self, masks: Tensor, best: BestViews, expert: ImageTextExpert, scale: float) -> Tensor:
        colors = cut_crops(self.views.images, best.view, best.boxes, expert.crop_size, scale)
        shown = cut_ids(self.maps, best.view, best.boxes, expert.crop_size, scale)  # [K, S, S] superpoints
        own = masks[best.mask[:, None, None], shown.clamp(min=0)] & (shown >= 0)
        return torch.cat([fade_surroundings(colors, own, expert.fade), own[:, None].float()], 1)


def encode_crops(crops: Tensor, expert: ImageTextExpert) -> Tensor:
    """Directions [K, scales, D] of crops [K, scales, 4, S, S], a bounded number at a time."""
    flat = crops.flatten(0, 1)
    parts = [expert.encode_images(flat[start : start + CROPS]) for start in range(0, max(len(flat), 1), CROPS)]
    return torch.cat(parts).unflatten(0, crops.shape[:2])


def average_looks(directions: Tensor, best: BestViews, count: int) -> Looks:
    """Mean directions of ``count`` objects from those of their photos [K, scales, D]."""
    values = directions.float().mean(1) * best.scores[:, None]
    total = values.new_zeros(count, values.shape[1]).index_add_(0, best.mask, values)
    seen = torch.zeros(count, dtype=torch.bool, device=values.device).index_fill_(0, best.mask, True)
    return Looks(F.normalize(total, dim=1), seen)
