"""The unknowns of a scene that is seen in many pairs, and how far what they say is from what the pairs say."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor

from uniseg3d.geometry.cameras import intrinsic_matrix
from uniseg3d.geometry.pair_maps import PairMaps
from uniseg3d.geometry.pose_encoding import decode_free_pose, encode_free_pose
from uniseg3d.geometry.se3 import Similarity, apply_pose, pose_matrix
from uniseg3d.utils.errors import ConfigError

FOCAL_STEP, CENTRE_STEP, ADAPTOR_STEP = 20.0, 10.0, 20.0  # what one unit of a variable means, so that all learn at one rate
MEAN_SCALE = 0.5  # geometric mean of the pairs' scales, where no camera is known: else the scene would shrink to nothing
WEIGHTS: dict[str, Callable[[Tensor], Tensor]] = {
    'log': torch.log,
    'sqrt': torch.sqrt,
    'minus one': lambda confidence: confidence - 1,
    'plain': lambda confidence: confidence,
}


@dataclass(eq=False)
class KnownCameras:
    """What is known before: rows of images that are not known are ignored."""

    poses: Tensor  # [N, 4, 4] camera-to-world
    has_pose: Tensor  # [N] bool
    intrinsics: Tensor  # [N, 3, 3] pixels
    has_intrinsics: Tensor  # [N] bool

    @classmethod
    def of(cls, maps: PairMaps, poses: Tensor | None = None, intrinsics: Tensor | None = None) -> 'KnownCameras':
        """``poses`` [N, 4, 4] and ``intrinsics`` [N, 3, 3]; NaN rows and ``None`` mean unknown."""
        unknown = [torch.full((maps.images, size, size), float('nan')) for size in (4, 3)]
        given = [no if one is None else one for no, one in zip(unknown, (poses, intrinsics), strict=True)]
        for name, value, no in zip(('poses', 'intrinsics'), given, unknown, strict=True):
            if value.shape != no.shape:
                raise ConfigError(f'known {name} have shape {list(value.shape)}; expected {list(no.shape)}, NaN where unknown')
        poses, intrinsics = (value.to(maps.points) for value in given)
        return cls(poses, poses.isfinite().flatten(1).all(1), intrinsics, intrinsics.isfinite().flatten(1).all(1))

    @cached_property
    def any_pose(self) -> bool:
        return bool(self.has_pose.any())  # asked in every iteration: a GPU should not be waited for

    def complete(self) -> bool:
        return bool(self.has_pose.all() and self.has_intrinsics.all())


@dataclass(eq=False)
class SceneVariables:
    """Log depths, cameras, and a similarity per pair that carries its points into the world."""

    log_depth: Tensor  # [N, P]
    cameras: Tensor  # [N, 7] free encoding of camera-to-world
    log_focal: Tensor  # [N] times FOCAL_STEP
    centres: Tensor  # [N, 2] of the principal point from the middle, divided by CENTRE_STEP
    transforms: Tensor  # [E, 8] free encoding of the pose, then the log scale
    adaptors: Tensor  # [E, 2] log stretch across and along the view axis, times ADAPTOR_STEP
    known: KnownCameras
    middles: Tensor = field(repr=False)  # [N, 2] of the images

    @classmethod
    def of(cls, maps: PairMaps, known: KnownCameras) -> 'SceneVariables':
        """All at zero; see ``alignment_start`` for a good start."""
        zeros, images, pairs = maps.points.new_zeros, maps.images, len(maps.pairs)
        middles = maps.points.new_tensor([[width / 2, height / 2] for height, width in maps.sizes])
        return cls(
            log_depth=zeros(images, maps.points.shape[2]),
            cameras=zeros(images, 7),
            log_focal=zeros(images),
            centres=zeros(images, 2),
            transforms=zeros(pairs, 8),
            adaptors=zeros(pairs, 2),
            known=known,
            middles=middles,
        )

    def intrinsics(self) -> Tensor:
        """[N, 3, 3]"""
        estimated = intrinsic_matrix((self.log_focal / FOCAL_STEP).exp(), self.middles + CENTRE_STEP * self.centres)
        return torch.where(self.known.has_intrinsics[:, None, None], self.known.intrinsics, estimated)

    def poses(self) -> Tensor:
        """[N, 4, 4] camera-to-world."""
        has_pose = self.known.has_pose
        cameras = torch.where(has_pose[:, None], encode_free_pose(torch.eye(4).to(self.cameras)), self.cameras)
        return torch.where(has_pose[:, None, None], self.known.poses, decode_free_pose(cameras))

    def world_points(self, maps: PairMaps) -> Tensor:
        """[N, P, 3]; what lies beyond an image's pixels means nothing."""
        intrinsics, depth = self.intrinsics(), self.log_depth.exp()
        focal, centre = intrinsics.diagonal(dim1=1, dim2=2)[:, None, :2], intrinsics[:, None, :2, 2]
        across = (maps.pixel_positions - centre) / focal  # [N, P, 2]
        return apply_pose(self.poses(), torch.cat([across * depth[..., None], depth[..., None]], -1))

    def pair_similarities(self) -> Similarity:
        """Of every pair into the world [E]."""
        pose, log_scale = decode_free_pose(self.transforms[:, :7]), self.transforms[:, 7]
        scale = log_scale.exp() * self.scale_correction()
        return Similarity(scale, pose[:, :3, :3], scale[:, None] * pose[:, :3, 3])

    def scale_correction(self) -> Tensor:
        """What holds the geometric mean of all scales; one where known cameras do."""
        if self.known.any_pose:
            return self.transforms.new_ones(())
        return MEAN_SCALE * (-self.transforms[:, 7].mean()).exp()

    def stretches(self) -> Tensor:
        """What coordinates of every pair are multiplied by before [E, 3]; their product is one."""
        both = torch.cat([self.adaptors[:, :1], self.adaptors], 1)  # [E, 3]
        return ((both - both.mean(1, keepdim=True)) / ADAPTOR_STEP).exp()

    def place_pairs(self, points: Tensor) -> Tensor:
        """``points`` [E, ..., 3] of every pair, stretched and carried into the world: one product, as there are many."""
        similarity = self.pair_similarities()
        stretched = similarity.rotation * self.stretches()[:, None]  # [E, 3, 3]
        return similarity._replace(rotation=stretched).apply(points)

    def set_pair_similarities(self, similarity: Similarity) -> None:
        """Start from similarities [E]; their common scale is not kept unless cameras are known."""
        pose = pose_matrix(similarity.rotation, similarity.translation / similarity.scale[:, None])
        self.transforms = torch.cat([encode_free_pose(pose), similarity.scale.log()[:, None]], 1)


@dataclass(eq=False)
class Objective:
    """Weighted mean distance between the world points of images and where the pairs see them."""

    maps: PairMaps
    weights: Tensor  # [E, 2, P]
    squared: bool = False

    @classmethod
    def of(cls, maps: PairMaps, weight: str = 'log', squared: bool = False) -> 'Objective':
        if weight not in WEIGHTS:
            raise ConfigError(f'confidence weight {weight!r} is unknown; expected one of {", ".join(WEIGHTS)}')
        weights = torch.where(maps.confidence > 0, WEIGHTS[weight](maps.confidence.clamp(min=1e-9)), 0.0)
        counts = maps.pixel_counts[maps.pairs].sum(0)  # [2] pixels of all first images, and of all second ones
        return cls(maps, weights / counts[:, None], squared)

    def __call__(self, variables: SceneVariables) -> Tensor:
        images = self.maps.pairs.flatten()  # index_select: its gradient is several times as quick as that of indexing
        world = variables.world_points(self.maps).index_select(0, images).unflatten(0, (-1, 2))  # [E, 2, P, 3]
        seen = variables.place_pairs(self.maps.points)
        offset = world - seen
        distance = offset.square().sum(-1) if self.squared else offset.norm(dim=-1)
        return (self.weights * distance).sum()
