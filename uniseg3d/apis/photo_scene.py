"""Few photos to one scene with a two-view network: what all pairs say is brought together."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from uniseg3d.apis.image_pairs import PairInferencer
from uniseg3d.apis.network_images import Image
from uniseg3d.geometry.global_alignment import AlignedScene, AlignmentOptions, align_pairs
from uniseg3d.geometry.pair_graph import image_pairs
from uniseg3d.geometry.pointmap_cleaning import clean_confidence
from uniseg3d.geometry.two_view_scene import two_view_scene
from uniseg3d.models.heads.pointmap import PixelAnswers
from uniseg3d.ops.reciprocal import reciprocal_matches
from uniseg3d.utils.errors import ConfigError, DataError

PAIR_BYTES = 2 * 4 * 4  # of a pixel of a pair: points and confidence of both images
OPTIMISER_BYTES = 2 * 20 * 4  # of the same while depths and cameras are optimised


class Matches(NamedTuple):
    """Pixels (u, v) of two images that show the same place."""

    first: Tensor  # [K, 2] int64
    second: Tensor  # [K, 2] int64
    confidence: Tensor  # [K], above 0


def reconstruct_photos(
    inferencer: PairInferencer,
    images: Sequence[Image],
    graph: str = 'complete',
    known_poses: Tensor | None = None,  # [N, 4, 4] camera-to-world, NaN where unknown
    known_intrinsics: Tensor | None = None,  # [N, 3, 3] pixels, NaN where unknown
    options: AlignmentOptions | None = None,
    clean: bool = True,
) -> AlignedScene:
    """Poses, intrinsics, depths and world points of all ``images``, whose sides must be whole patches.

    One image is shown beside itself; two with unknown cameras need no optimisation unless ``options`` are given. ``clean``
    takes the confidence from points that would hide what another view is surer of.
    """
    if not images:
        raise DataError('no images; expected at least one')
    twice = 2 if len(images) == 1 else 1
    shown = list(images) * twice
    known_poses, known_intrinsics = (
        known if known is None else known.repeat(twice, 1, 1) for known in (known_poses, known_intrinsics)
    )
    maps = inferencer.maps(shown, image_pairs(len(shown), graph))
    if len(shown) == 2 and options is None and known_poses is None and known_intrinsics is None:
        scene = two_view_scene(maps)
    else:
        scene = align_pairs(maps, known_poses, known_intrinsics, options)
    if clean:
        parts = scene.points, scene.depths, scene.confidences, scene.poses, scene.intrinsics
        scene = scene._replace(confidences=clean_confidence(*parts))
    return _first(scene, len(images))


def alignment_bytes(sizes: Sequence[tuple[int, int]], pairs: int, optimised: bool = True) -> int:
    """Memory that ``pairs`` of images of ``sizes`` (H, W) take beside the network."""
    area = max(height * width for height, width in sizes)
    return pairs * area * (PAIR_BYTES + OPTIMISER_BYTES * optimised)


def match_photos(inferencer: PairInferencer, first: Image, second: Image, step: int = 8) -> Matches:
    """Pixels that show the same place, with a model that describes them (MASt3R).

    Both orders of the images are looked at, and both directions of each; what any finds counts once, with the highest
    confidence.
    """
    rows, confidences, widths = [], [], {}
    for pair, views in inferencer.each_pair([first, second], [(0, 1), (1, 0)]):
        by_image = dict(zip(pair, views, strict=True))
        widths = {image: view.confidence.shape[1] for image, view in by_image.items()}
        rows.append(_matches(by_image[0], by_image[1], step))  # [2, K]
        sure = [by_image[i].descriptor_confidence.flatten()[rows[-1][i]] for i in (0, 1)]  # type: ignore[union-attr]
        confidences.append((sure[0] * sure[1]).sqrt())
    unique, group = torch.cat(rows, 1).unique(dim=1, return_inverse=True)
    confidence = torch.cat(confidences)
    best = confidence.new_zeros(unique.shape[1]).scatter_reduce(0, group, confidence, 'amax')
    pixels = [torch.stack([unique[i] % widths[i], unique[i] // widths[i]], -1) for i in (0, 1)]
    return Matches(pixels[0], pixels[1], best)


def _matches(first: PixelAnswers, second: PixelAnswers, step: int) -> Tensor:
    """Flat indices [2, K] found from either side."""
    if first.descriptors is None or second.descriptors is None:
        raise ConfigError('this model describes no pixels; matching needs the heads of MASt3R')
    there = reciprocal_matches(first.descriptors, second.descriptors, step)
    back = reciprocal_matches(second.descriptors, first.descriptors, step)
    return torch.cat([torch.stack(there), torch.stack(back[::-1])], 1)


def _first(scene: AlignedScene, count: int) -> AlignedScene:
    """The scene of the first images only."""
    return AlignedScene._make([*(part[:count] for part in scene[:-1]), scene.loss])
