"""Views of labelled gaussians from any camera: colours, depths, classes and objects."""

from collections.abc import Collection
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from uniseg3d.models.postprocess.rendered_labels import RenderedLabels, render_labels
from uniseg3d.ops.rasterize import STANDARD, SYMMETRIC, Cameras, Rendering, rasterize
from uniseg3d.structures.container import Container
from uniseg3d.structures.gaussians import Gaussians

COVERED = 0.5  # of a pixel: below, it has no depth
LABELS_NEAR, LABELS_FAR = 0.1, 100.0  # metres between which SIU3R draws labels


@dataclass(eq=False)
class RenderedViews(Container):
    """V views of H x W pixels."""

    color: Tensor  # [V, 3, H, W] in 0..1
    depth: Tensor  # [V, H, W] metres along z, 0 where less than half of a pixel is covered
    alpha: Tensor  # [V, H, W] share of the pixel that is covered
    blended_depth: Tensor  # [V, H, W] mixture of depths, not divided by what is covered
    labels: RenderedLabels | None  # of gaussians that have labels
    features: Tensor | None = None  # [V, F, H, W]


def render_views(
    gaussians: Gaussians,
    cameras: Cameras,
    scores: Tensor | None = None,
    features: Tensor | None = None,
    stuff: Collection[int] = (0, 1),
    least: float = 0.3,
    as_original: bool = False,
) -> RenderedViews:
    """Draw ``gaussians``.

    Args:
        scores: [Q] of the queries whose masks the gaussians have; ones without.
        features: [G, F] more to draw, as it is.
        stuff: classes whose objects are one.
        least: what is said about a pixel more faintly does not count.
        as_original: colours and depths as SIU3R draws them, with the principal point in the middle of the image.
    """
    masks, classes = label_masks(gaussians)
    drawn = [part for part in (masks, features) if part is not None]
    extra = torch.cat(drawn, 1) if drawn else None
    shape = gaussians.means, gaussians.covariances, gaussians.opacities
    if as_original:
        looks = rasterize(*shape, cameras, gaussians.harmonics, rules=SYMMETRIC)
        beyond = replace(cameras, near=LABELS_NEAR, far=LABELS_FAR)
        whole = rasterize(*shape, beyond, features=extra, rules=STANDARD) if extra is not None else looks
    else:
        looks = whole = rasterize(*shape, cameras, gaussians.harmonics, extra)
    assert looks.color is not None
    count = 0 if masks is None else masks.shape[1]
    return RenderedViews(
        looks.color.clamp(0, 1),
        torch.where(looks.alpha >= COVERED, looks.depth / looks.alpha.clamp_min(COVERED), 0),
        looks.alpha,
        looks.depth,
        _labels(whole, classes, scores, stuff, least),
        None if features is None or whole.features is None else whole.features[:, count:],
    )


def _labels(
    whole: Rendering, classes: Tensor | None, scores: Tensor | None, stuff: Collection[int], least: float
) -> RenderedLabels | None:
    if classes is None or whole.features is None:
        return None
    scores = whole.features.new_ones(len(classes)) if scores is None else scores
    return render_labels(whole.features[:, : len(classes)], classes, scores, stuff, least)


def label_masks(gaussians: Gaussians) -> tuple[Tensor | None, Tensor | None]:
    """Masks [G, Q] and classes [Q, C + 1]; where there are labels alone, each pair of class and object makes a mask."""
    if gaussians.masks is not None and gaussians.mask_classes is not None:
        return (gaussians.masks, gaussians.mask_classes) if gaussians.masks.shape[1] else (None, None)
    if gaussians.semantic is None:
        return None, None
    instance = torch.zeros_like(gaussians.semantic) if gaussians.instance is None else gaussians.instance
    pairs, owner = torch.stack([gaussians.semantic, instance], 1).unique(dim=0, return_inverse=True)
    kept = (pairs[:, 0] > 0).nonzero()[:, 0]
    if not len(kept):
        return None, None
    masks = (owner[:, None] == kept).to(gaussians.means.dtype)
    classes = masks.new_zeros(len(kept), int(pairs[:, 0].max()) + 1)
    classes[torch.arange(len(kept), device=kept.device), pairs[kept, 0] - 1] = 1
    return masks, classes
