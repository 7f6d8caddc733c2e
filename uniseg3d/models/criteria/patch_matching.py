"""Patches of two images that show the same place shall be alike, and unlike all others: MASt3R's second loss, per patch."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.geometry.depth import USUAL_FOCAL
from uniseg3d.models.criteria.pointmap_truth import PointmapTruth
from uniseg3d.registry import MODELS
from uniseg3d.structures.view_batch import ViewBatch

_REACH = 0.75  # patches of the same place are at most so many sides of a patch apart
_FAR = 1e4  # metres


@MODELS.register_module()
class PatchMatching(nn.Module):
    """Cross-entropy of finding, for each patch, the one of the other image whose middle is the same place, either way.

    Networks that only learn from points discover late that looking for what matches helps; this tells them at once.

    Args:
        temperature: of the softmax over the patches of the other image.
    """

    def __init__(self, patch: int = 16, temperature: float = 0.1, weight: float = 1.0) -> None:
        super().__init__()
        self.patch, self.temperature, self.weight = patch, temperature, weight

    def forward(self, looks: Sequence[Tensor], batch: ViewBatch) -> dict[str, Tensor]:
        """``looks``: descriptors [B, T, F] of each view, float32; the first view is matched with every other one."""
        places, side = self._places(PointmapTruth.of(batch))
        terms = [
            self._term(looks[0] @ looks[view].mT, places[:, 0], places[:, view], side[:, [0, view]])
            for view in range(1, len(looks))
        ]
        return {'loss_matching': self.weight * torch.stack(terms).mean()}

    def _places(self, truth: PointmapTruth) -> tuple[Tensor, Tensor]:
        """Middles of patches [B, V, T, 3] in the world, NaN where unknown, and the side of a patch there [B, V, T]."""
        middle = slice(self.patch // 2, None, self.patch)
        valid = truth.valid[:, :, middle, middle].flatten(2)
        side = truth.local[:, :, middle, middle, 2].flatten(2) * self.patch / (USUAL_FOCAL * max(truth.valid.shape[-2:]))
        return torch.where(valid[..., None], truth.world[:, :, middle, middle].flatten(2, 3), torch.nan), side

    def _term(self, alike: Tensor, first: Tensor, other: Tensor, side: Tensor) -> Tensor:
        """``alike`` [B, T, T]; places [B, T, 3] of both images; sides of their patches [B, 2, T]."""
        apart = torch.cdist(first, other).nan_to_num(_FAR)  # [B, T, T]
        ways = ((alike, apart, side[:, 0]), (alike.mT, apart.mT, side[:, 1]))
        return sum(self._one_way(*way) for way in ways) / 2  # type: ignore[return-value]

    def _one_way(self, alike: Tensor, apart: Tensor, side: Tensor) -> Tensor:
        nearest, partner = apart.min(-1)  # [B, T]
        matched = nearest < _REACH * side
        losses = F.cross_entropy((alike / self.temperature).mT, partner, reduction='none')  # [B, T]
        per_pair = (losses * matched).sum(-1) / matched.sum(-1).clamp(min=1)
        return per_pair.mean()
