"""How well camera poses agree with the true ones. All poses are camera-to-world [V, 4, 4]."""

from typing import NamedTuple

import torch
from torch import Tensor

from uniseg3d.geometry.alignment import is_degenerate, register_points
from uniseg3d.geometry.se3 import Similarity, check_poses, relative_pose, rotation_angle
from uniseg3d.utils.errors import DataError


class TrajectoryErrors(NamedTuple):
    """Root mean squares after the similarity that brings the camera centres closest to the true ones."""

    ate: float  # distance of centres, in the unit of the truth
    rpe_translation: float  # of the motion between neighbouring frames: distance ...
    rpe_rotation: float  # ... and angle in degrees


def trajectory_errors(prediction: Tensor, truth: Tensor, with_scale: bool = True) -> TrajectoryErrors:
    """Errors of a trajectory of V >= 3 frames whose centres do not lie on one line."""
    aligned = align_trajectory(prediction, truth, with_scale).apply_to_poses(prediction.double())
    return TrajectoryErrors(absolute_error(aligned, truth), *relative_errors(aligned, truth))


def align_trajectory(prediction: Tensor, truth: Tensor, with_scale: bool = True) -> Similarity:
    """The similarity that moves predicted poses to where the true ones are."""
    check_poses(prediction, 'predicted trajectory')
    check_poses(truth, 'true trajectory')
    if len(prediction) != len(truth):
        raise DataError(f'{len(prediction)} predicted and {len(truth)} true poses; associate the frames first')
    centres, targets = prediction[:, :3, 3].double(), truth[:, :3, 3].double()
    if len(centres) < 3 or is_degenerate(centres, targets):
        raise DataError(
            f'a trajectory of {len(centres)} frames cannot be aligned: its camera centres, or the true ones, lie in one place '
            'or on one line; compare relative poses instead'
        )
    return register_points(centres, targets, with_scale=with_scale)


def absolute_error(prediction: Tensor, truth: Tensor) -> float:
    """Root mean square distance of camera centres, as they are."""
    distance = (prediction[:, :3, 3].double() - truth[:, :3, 3].double()).norm(dim=-1)
    return distance.square().mean().sqrt().item()


def relative_errors(prediction: Tensor, truth: Tensor, step: int = 1) -> tuple[float, float]:
    """Root mean square errors of the motions from each frame to the one ``step`` later: distance, and angle in degrees."""
    if len(prediction) <= step:
        raise DataError(f'{len(prediction)} frames hold no motion over {step}; expected at least {step + 1} frames')
    found, true = (relative_pose(poses[:-step], poses[step:]) for poses in (prediction.double(), truth.double()))
    error = relative_pose(true, found)  # [V - step, 4, 4]
    translation = error[:, :3, 3].norm(dim=-1).square().mean().sqrt()
    rotation = rotation_angle(error[:, :3, :3]).rad2deg().square().mean().sqrt()
    return translation.item(), rotation.item()


def rotation_errors(prediction: Tensor, truth: Tensor) -> Tensor:
    """Angle in degrees [...] between poses [..., 4, 4]."""
    return rotation_angle(prediction[..., :3, :3].mT @ truth[..., :3, :3]).rad2deg()


def direction_errors(prediction: Tensor, truth: Tensor) -> Tensor:
    """Angle in degrees [...] between the translations of poses [..., 4, 4]; 90 where one of them is none."""
    first, second = prediction[..., :3, 3].double(), truth[..., :3, 3].double()
    sine, cosine = torch.linalg.cross(first, second).norm(dim=-1), (first * second).sum(-1)
    still = (first == 0).all(-1) | (second == 0).all(-1)
    return torch.where(still, 90.0, torch.atan2(sine, cosine).rad2deg())


def associate(times: Tensor, true_times: Tensor, tolerance: float = 0.01) -> tuple[Tensor, Tensor]:
    """Pairs of frames [K], [K] int64 by their time stamps [V] and [W] in seconds: closest pairs first, each frame once."""
    apart = (times[:, None].double() - true_times[None, :].double()).abs()  # [V, W]
    apart[apart > tolerance] = torch.inf
    partner = torch.full((len(times),), -1, device=times.device)
    frames = torch.arange(len(times), device=times.device)
    while apart.isfinite().any():  # pairs that are nearest to each other come before all others of both
        distance, nearest = apart.min(1)
        mutual = (apart.argmin(0)[nearest] == frames) & distance.isfinite()
        partner[mutual] = nearest[mutual]
        apart[mutual], apart[:, nearest[mutual]] = torch.inf, torch.inf
    return frames[partner >= 0], partner[partner >= 0]
