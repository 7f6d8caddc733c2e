"""The loss of pointmaps: distances in a common scale, weighted by the confidence that the network states."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from uniseg3d.geometry.radial import log_length
from uniseg3d.models.criteria.pointmap_truth import PointmapTruth
from uniseg3d.models.criteria.pose import pose_distance
from uniseg3d.registry import MODELS
from uniseg3d.structures.pointmaps import Pointmaps
from uniseg3d.structures.view_batch import ViewBatch

LEAST_WEIGHT = 1e-3  # of a point of confidence 1 where confidences weigh
LEAST_SCALE = 1e-3
SCALE_SHARE = 0.1  # of a wrong scale in the term of depths
_TINY = 1e-8
_FARTHEST = 3.0  # logarithm of a ratio of depths beyond which a relative error grows no more


@MODELS.register_module()
class PointmapCriterion(nn.Module):
    """Mean over maps and views of ``confidence · distance - alpha · log confidence``, twice; and the distance of poses.

    A sequence's truth is divided by the mean distance of its points from the first camera, and the prediction by its own
    mean distance, unless the sequence is metric: then by that of the truth.

    Args:
        alpha: what a network gains by being confident.
        metric_scale: learn the scale of metric sequences; otherwise every sequence is compared up to scale.
        confident_scale: weigh points in the mean distance by the logarithm of their stated confidence.
        world_scale: take mean distances of points in the world only, not of those in their cameras, too.
        log_lengths: compare points whose distances from the origin are logarithms, so that near ones count as much as far ones.
        sky: stands for the distance of pixels that show the sky, so that confidence is low there; ``None`` leaves them out.
        pose_weight: weight of the pose term, where the network states poses.
        pose_limit: the pose term teaches nothing above this value, as in the published training; ``None`` = no limit.
        depth_weight: weight of the mean difference of logarithms of depths, apart from one scale per sequence, where the
            network states local points; it counts near and far alike, as measures of depth do.
        relative_depth: that term is the difference divided by the true depth, as ``abs_rel`` is: what is too far by a factor
            costs more than what is too near by it, so that a network in doubt says the nearer.
        pool_pixels: average over all pixels of a batch instead of scene by scene, as in the published training.
        pool_views: average over the pixels of all views instead of view by view: a view counts by what is known of it.
    """

    def __init__(
        self,
        alpha: float = 0.2,
        metric_scale: bool = True,
        confident_scale: bool = True,
        world_scale: bool = False,
        log_lengths: bool = False,
        sky: float | None = 2.0,
        pose_weight: float = 5.0,
        pose_limit: float | None = None,
        pool_pixels: bool = False,
        pool_views: bool = False,
        depth_weight: float = 0.0,
        relative_depth: bool = False,
    ) -> None:
        super().__init__()
        self.alpha, self.metric_scale, self.confident_scale = alpha, metric_scale, confident_scale
        self.world_scale, self.log_lengths = world_scale, log_lengths
        self.sky, self.pose_weight, self.pose_limit = sky, pose_weight, pose_limit
        self.depth_weight, self.relative_depth = depth_weight, relative_depth
        self.pooled = [axis for axis, wanted in enumerate((pool_pixels, pool_views, True, True)) if wanted]

    def forward(self, answer: Pointmaps, batch: ViewBatch) -> dict[str, Tensor]:
        """``loss_points``, ``loss_pose`` if poses are stated, and the mean distance of each kind of map for the log."""
        return self.compare(answer, PointmapTruth.of(batch))

    def compare(self, answer: Pointmaps, truth: PointmapTruth) -> dict[str, Tensor]:
        """The same where the truth is there already; in float32 whatever surrounds it."""
        with torch.autocast(answer.world.device.type, enabled=False):
            return self._losses(answer, truth)

    def _losses(self, answer: Pointmaps, truth: PointmapTruth) -> dict[str, Tensor]:
        maps = _maps(answer, truth)
        scales = self._scales(maps, truth)
        terms = {name: self._map_terms(*part, scales, truth) for name, part in maps.items()}
        losses = {'loss_points': 2 * torch.stack([term for term, _ in terms.values()]).mean()}
        if answer.poses is not None:
            distance = pose_distance(answer.poses.float(), truth.poses, *scales, LEAST_SCALE)
            limit = float('inf') if self.pose_limit is None else self.pose_limit
            losses['loss_pose'] = self.pose_weight * distance.clamp(max=limit)
        if self.depth_weight and answer.local is not None:
            distance = depth_distance(answer.local[..., 2].float(), truth, self.relative_depth)
            losses['loss_depth'] = self.depth_weight * distance
        return losses | {f'distance_{name}': distance.detach() for name, (_, distance) in terms.items()}

    def _scales(self, maps: dict[str, tuple[Tensor, Tensor, Tensor]], truth: PointmapTruth) -> tuple[Tensor, Tensor]:
        """What prediction and truth are divided by [B, 1, 1, 1, 1]."""
        counted = [maps['world']] if self.world_scale else list(maps.values())
        weights = [self._weight(confidence) * truth.valid for _, confidence, _ in counted]
        true = mean_length([target for _, _, target in counted], weights)
        stated = mean_length([points for points, _, _ in counted], weights)
        if self.metric_scale:
            stated = torch.where(truth.is_metric, true, stated)
        return tuple(scale.clamp(min=LEAST_SCALE)[:, None, None, None, None] for scale in (stated, true))  # type: ignore

    def _weight(self, confidence: Tensor) -> Tensor:
        return confidence.detach().log().clamp(min=LEAST_WEIGHT) if self.confident_scale else torch.ones_like(confidence)

    def _map_terms(
        self, points: Tensor, confidence: Tensor, target: Tensor, scales: tuple[Tensor, Tensor], truth: PointmapTruth
    ) -> tuple[Tensor, Tensor]:
        """Terms of each view [B, V], without axes that are pooled, and the mean distance over all known points."""
        points, target = points / scales[0], target / scales[1]
        if self.log_lengths:
            points, target = log_length(points), log_length(target)
        distance = (points - target).norm(dim=-1)  # [B, V, H, W]
        seen = truth.valid
        if self.sky is not None:
            sky = truth.sky & ~truth.valid
            seen, distance = seen | sky, torch.where(sky, self.sky, distance)
        term = torch.where(seen, confidence * distance - self.alpha * confidence.log(), 0.0)
        mean = torch.where(seen, distance, 0.0).sum() / seen.sum().clamp(min=1)
        return term.sum(self.pooled) / seen.sum(self.pooled).clamp(min=1), mean


def _maps(answer: Pointmaps, truth: PointmapTruth) -> dict[str, tuple[Tensor, Tensor, Tensor]]:
    """Points, confidence and truth of each kind of map; unknown points are zero on both sides, so that no NaN spreads."""
    maps = {'world': (answer.world, answer.confidence, truth.world)}
    if answer.local is not None and answer.local_confidence is not None:
        maps['local'] = (answer.local, answer.local_confidence, truth.local)
    known = truth.valid[..., None]
    return {
        name: (torch.where(known, points.float(), 0.0), confidence.float(), torch.where(known, target, 0.0))
        for name, (points, confidence, target) in maps.items()
    }


def depth_distance(depth: Tensor, truth: PointmapTruth, relative: bool = False) -> Tensor:
    """Mean difference of the logarithms of depths [B, V, H, W], or of depths by the true one, over pixels, then sequences.

    Each sequence may have its own scale, which counts by a tenth where it is known: without that it would drift off.
    """
    count = truth.valid.flatten(1).sum(1).clamp(min=1)  # [B]

    def mean(values: Tensor) -> Tensor:
        return torch.where(truth.valid, values, 0.0).flatten(1).sum(1) / count

    logs = [values.clamp(min=LEAST_SCALE).log() for values in (depth, truth.local[..., 2])]
    difference = logs[0] - logs[1]
    scale = mean(difference)  # [B]
    apart = difference - scale[:, None, None, None]
    shape = mean((apart.clamp(max=_FARTHEST).exp() - 1 if relative else apart).abs())
    return (shape + SCALE_SHARE * scale.abs() * truth.is_metric).mean()


def mean_length(points: Sequence[Tensor], weights: Sequence[Tensor]) -> Tensor:
    """Weighted mean distance from the origin of all maps [B, V, H, W, 3] of a sequence together [B]."""
    total = sum((w * p.norm(dim=-1)).flatten(1).sum(1) for p, w in zip(points, weights, strict=True))
    share: Tensor = sum(w.flatten(1).sum(1) for w in weights)  # type: ignore[assignment]
    return (total / (share + _TINY)).clamp(min=_TINY)
