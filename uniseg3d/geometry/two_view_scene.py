"""One pair of images, seen both ways, to one scene without optimising."""

import torch
from torch import Tensor

from uniseg3d.geometry.cameras import intrinsic_matrix
from uniseg3d.geometry.depth import depth_to_pointmap, pointmap_to_depth
from uniseg3d.geometry.global_alignment import AlignedScene
from uniseg3d.geometry.pair_maps import PairMaps
from uniseg3d.geometry.pnp import estimate_pose
from uniseg3d.utils.errors import DataError

LEAST_CONFIDENCE = 3.0
GUESSES = 100


@torch.no_grad()
def two_view_scene(maps: PairMaps) -> AlignedScene:
    """The world is the camera of the image whose pair (as the first) is the surer one; its points lie on pixel rays."""
    if sorted(maps.pairs.tolist()) != [[0, 1], [1, 0]]:
        raise DataError(f'pairs are {maps.pairs.tolist()}; expected [0, 1] and [1, 0], two images seen both ways')
    order = maps.pairs[:, 0].argsort()  # the pair of image 0 first
    scores = maps.scores()[order]
    world = 0 if scores[0] > scores[1] else 1
    pair, other = int(order[world]), 1 - world
    focals = [maps.focal(int(order[image])) for image in (0, 1)]
    confidence = maps.image_confidence()
    sure = maps.image_values(confidence[other], other) > LEAST_CONFIDENCE
    fit = estimate_pose(maps.pointmap(pair, 1), float(focals[other]), sure, guesses=GUESSES)
    poses = torch.eye(4).to(maps.points).repeat(2, 1, 1)
    poses[other] = poses[other] if fit is None else fit.pose.to(poses)
    intrinsics = torch.stack([_intrinsics(maps, image, focals[image]) for image in (0, 1)])
    seen = {world: maps.pointmap(pair, 0), other: maps.pointmap(pair, 1)}
    depths = [pointmap_to_depth(seen[image], poses[image]) for image in (0, 1)]
    points = [depth_to_pointmap(depths[image], intrinsics[image], poses[image]) for image in (0, 1)]
    return AlignedScene(poses, intrinsics, depths, points, [maps.image_values(confidence[i], i) for i in (0, 1)], 0.0)


def _intrinsics(maps: PairMaps, image: int, focal: Tensor) -> Tensor:
    height, width = maps.sizes[image]
    return intrinsic_matrix(focal, focal.new_tensor([width / 2, height / 2]))
