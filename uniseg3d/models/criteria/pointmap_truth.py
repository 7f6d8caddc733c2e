"""What a pointmap network should have said, from posed depth images."""

from dataclasses import dataclass

import torch
from torch import Tensor

from uniseg3d.geometry.depth import depth_to_pointmap, valid_depth
from uniseg3d.geometry.pose_encoding import encode_pose
from uniseg3d.geometry.se3 import apply_pose, relative_pose
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.utils.errors import DataError


@dataclass(eq=False)
class PointmapTruth:
    """B sequences of V views; the world is the camera of the first view."""

    local: Tensor  # [B, V, H, W, 3] in the camera of each view
    world: Tensor  # [B, V, H, W, 3]
    valid: Tensor  # [B, V, H, W] bool: the point is known
    sky: Tensor  # [B, V, H, W] bool: there is none, for sure
    poses: Tensor  # [B, V, 7] camera-to-world: translation, quaternion (w, x, y, z)
    is_metric: Tensor  # [B] bool

    @classmethod
    @torch.no_grad()
    def of(cls, batch: ViewBatch) -> 'PointmapTruth':
        """Lift the depths of ``batch``."""
        if batch.depth is None or batch.intrinsics is None or batch.camera_to_world is None:
            raise DataError(f'{batch.scene_ids} lack depth, intrinsics or poses; a loss needs all three for every view')
        poses = batch.camera_to_world.float()
        relative = relative_pose(poses[:, :1], poses)  # [B, V, 4, 4]
        local = depth_to_pointmap(batch.depth.float(), batch.intrinsics.float())
        metric = batch.is_metric if batch.is_metric is not None else batch.images.new_ones(len(batch), dtype=torch.bool)
        valid, sky = valid_depth(batch.depth), batch.depth < 0
        return cls(local, apply_pose(relative, local), valid, sky, encode_pose(relative), metric)
