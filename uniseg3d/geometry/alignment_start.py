"""Where the optimisation of a scene starts: pairs are put together along the surest chain, or onto known cameras."""

from collections import deque
from dataclasses import dataclass, field

import torch
from scipy.sparse.csgraph import minimum_spanning_tree
from torch import Tensor

from uniseg3d.geometry.alignment import register_points
from uniseg3d.geometry.alignment_variables import FOCAL_STEP, KnownCameras, SceneVariables
from uniseg3d.geometry.pair_maps import PairMaps
from uniseg3d.geometry.pnp import estimate_pose
from uniseg3d.geometry.pose_encoding import encode_free_pose
from uniseg3d.geometry.se3 import Similarity, apply_pose, invert_pose, pose_matrix, relative_pose
from uniseg3d.utils.errors import DataError

LEAST_CONFIDENCE = 3.0  # of pixels that vote for a pose
GUESSES = 10
LEAST_SCALE = 1e-3


def start_from_tree(maps: PairMaps, known: KnownCameras) -> SceneVariables:
    """Variables from pointmaps joined along the surest pairs that connect all images."""
    growth = _grow(maps)
    focals = _focals(maps, growth, known)
    poses = _poses(maps, growth, focals)
    points = torch.stack([growth.points[image] for image in range(maps.images)])  # [N, P, 3]
    if known.any_pose:
        move = camera_similarity(poses[known.has_pose], known.poses[known.has_pose])
        poses, points = move.apply_to_poses(poses), move.apply(points)
    variables = SceneVariables.of(maps, known)
    firsts = maps.pairs[:, 0]
    variables.set_pair_similarities(register_points(maps.points[:, 0], points[firsts], maps.confidence[:, 0]))
    correction = variables.scale_correction()
    poses = pose_matrix(poses[:, :3, :3], correction * poses[:, :3, 3])
    return _filled(variables, poses, focals, points * correction)


def start_from_cameras(maps: PairMaps, known: KnownCameras) -> SceneVariables:
    """Variables where all cameras are known: each pair's cameras are carried onto them."""
    seconds = torch.stack([_second_camera(maps, known, pair) for pair in range(len(maps.pairs))])  # [E, 4, 4]
    firsts = torch.eye(4).to(seconds).expand_as(seconds)
    true = known.poses[maps.pairs]  # [E, 2, 4, 4]
    similarity = camera_similarity(torch.stack([firsts, seconds], 1), true)
    similarity = similarity._replace(scale=similarity.scale.clamp(min=LEAST_SCALE))  # cameras at one place tell none
    variables = SceneVariables.of(maps, known)
    variables.set_pair_similarities(similarity)
    seen = torch.stack([maps.points[:, 0], apply_pose(invert_pose(seconds), maps.points[:, 1])], 1)  # each in its own camera
    depth = similarity.scale[:, None, None] * seen[..., 2]  # [E, 2, P]
    best = [_surest_view(maps, image) for image in range(maps.images)]
    variables.log_depth = _log_depth(torch.stack([depth[pair, role] for pair, role in best]))
    return variables


def camera_similarity(source: Tensor, target: Tensor) -> Similarity:
    """What carries cameras [..., K, 4, 4] onto others: by their centres, and by points just before them.

    One camera fixes everything but the scale, which stays.
    """
    if source.shape[-3] == 1:
        motion = (target @ invert_pose(source))[..., 0, :, :]
        return Similarity(torch.ones_like(motion[..., 0, 0]), motion[..., :3, :3], motion[..., :3, 3])
    exact = register_points(_with_points_ahead(source.double()), _with_points_ahead(target.double()))  # they are near
    return Similarity(*(part.to(source.dtype) for part in exact))


def spanning_pairs(maps: PairMaps) -> list[int]:
    """Pairs that connect all images with the highest scores, the best first."""
    scores = maps.scores().double().cpu()
    table = torch.zeros(maps.images, maps.images, dtype=torch.float64)
    chosen: dict[tuple[int, int], int] = {}
    for pair in scores.argsort().tolist():  # of the two directions of a pair the better one stays
        low, high = sorted(maps.pairs[pair].tolist())
        table[low, high], chosen[low, high] = -scores[pair], pair
    tree = minimum_spanning_tree(table.numpy()).tocoo()
    if tree.nnz < maps.images - 1:
        raise DataError(f'the pairs connect {maps.images} images in several groups; choose a graph that joins all')
    pairs = [chosen[low, high] for low, high in zip(tree.row.tolist(), tree.col.tolist(), strict=True)]
    return sorted(pairs, key=lambda pair: -float(scores[pair]))


@dataclass(eq=False)
class _Growth:
    """What is placed in the frame of the first pair."""

    points: dict[int, Tensor] = field(default_factory=dict)  # by image [P, 3]
    poses: dict[int, Tensor] = field(default_factory=dict)  # by image [4, 4]
    focal_from: dict[int, int] = field(default_factory=dict)  # by image, the pair whose first map tells its focal length


def _grow(maps: PairMaps) -> _Growth:
    queue = deque(spanning_pairs(maps))
    best = queue.popleft()
    first, second = maps.pairs[best].tolist()
    growth = _Growth({first: maps.points[best, 0], second: maps.points[best, 1]})
    growth.poses[first], growth.focal_from[first] = torch.eye(4).to(maps.points), best
    while queue:
        pair = queue.popleft()
        images = maps.pairs[pair].tolist()
        growth.focal_from.setdefault(images[0], pair)
        placed = [role for role in (0, 1) if images[role] in growth.points]
        if not placed:
            queue.append(pair)
            continue
        role = placed[0]
        move = register_points(maps.points[pair, role], growth.points[images[role]], maps.confidence[pair, role])
        growth.points[images[1 - role]] = move.apply(maps.points[pair, 1 - role])
        growth.poses.setdefault(images[0], pose_matrix(move.rotation, move.translation))
    return growth


def _focals(maps: PairMaps, growth: _Growth, known: KnownCameras) -> Tensor:
    """[N]"""
    for pair in maps.scores().argsort(descending=True).tolist():
        growth.focal_from.setdefault(int(maps.pairs[pair, 0]), pair)
    focals = maps.points.new_zeros(maps.images)
    for image in range(maps.images):
        if known.has_intrinsics[image]:
            focals[image] = known.intrinsics[image, [0, 1], [0, 1]].mean()
        elif image in growth.focal_from:
            focals[image] = maps.focal(growth.focal_from[image])
        else:
            raise DataError(f'image {image} is the first of no pair, so that its focal length is unknown; add pairs both ways')
    return focals


def _poses(maps: PairMaps, growth: _Growth, focals: Tensor) -> Tensor:
    """[N, 4, 4]; those that growing did not give from the points and the pixels that see them."""
    sure = maps.image_confidence() > LEAST_CONFIDENCE  # [N, P]
    for image in set(range(maps.images)) - growth.poses.keys():
        points, mask = (maps.image_values(values, image) for values in (growth.points[image], sure[image]))
        fit = estimate_pose(points, float(focals[image]), mask, guesses=GUESSES)
        growth.poses[image] = torch.eye(4).to(points) if fit is None else fit.pose.to(points)
    return torch.stack([growth.poses[image] for image in range(maps.images)])


def _second_camera(maps: PairMaps, known: KnownCameras, pair: int) -> Tensor:
    """Pose of the second image of a pair in the camera of the first [4, 4], as its pointmap says; else as it is known."""
    first, image = maps.pairs[pair].tolist()
    intrinsics, confidence = known.intrinsics[image], maps.image_values(maps.confidence[pair, 1], image)
    mask = confidence > min(LEAST_CONFIDENCE, float(confidence.min()) - 0.1)
    focal, centre = float(intrinsics[[0, 1], [0, 1]].mean()), (float(intrinsics[0, 2]), float(intrinsics[1, 2]))
    fit = estimate_pose(maps.pointmap(pair, 1), focal, mask, centre, guesses=GUESSES)
    return relative_pose(known.poses[first], known.poses[image]) if fit is None else fit.pose.to(maps.points)


def _surest_view(maps: PairMaps, image: int) -> tuple[int, int]:
    """The pair with the surest map of an image, as its first image if it is the first of any."""
    sure = torch.where(maps.pairs == image, maps.mean_confidence(), -1.0)  # [E, 2]
    role = 0 if sure[:, 0].max() > 0 else 1
    return int(sure[:, role].argmax()), role


def _with_points_ahead(poses: Tensor) -> Tensor:
    """Camera centres and points a hundredth of the typical distance before them [..., 2 K, 3]."""
    centres = poses[..., :3, 3]
    pairs = torch.triu_indices(centres.shape[-2], centres.shape[-2], 1)
    step = (centres[..., pairs[0], :] - centres[..., pairs[1], :]).norm(dim=-1).median(-1).values / 100
    return torch.cat([centres, centres + step[..., None, None] * poses[..., :3, 2]], -2)


def _filled(variables: SceneVariables, poses: Tensor, focals: Tensor, points: Tensor) -> SceneVariables:
    poses = torch.where(variables.known.has_pose[:, None, None], variables.known.poses, poses)
    variables.cameras, variables.log_focal = encode_free_pose(poses), FOCAL_STEP * focals.log()
    variables.log_depth = _log_depth(apply_pose(invert_pose(poses), points)[..., 2])
    return variables


def _log_depth(depth: Tensor) -> Tensor:
    """Points behind their camera start at depth 1."""
    return torch.where(depth > 0, depth.clamp(min=1e-9).log(), 0.0)
