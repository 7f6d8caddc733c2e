"""What is known about the cameras of photos before they are reconstructed, and what can be made of it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from uniseg3d.apis.photo_source import SourceFrame
from uniseg3d.apis.reconstruction import Reconstruction
from uniseg3d.evaluation.functional.trajectory import align_trajectory
from uniseg3d.geometry.cameras import check_intrinsics, scale_intrinsics
from uniseg3d.geometry.image_resize import FittedPhoto
from uniseg3d.io.colmap_model import ColmapCamera, ColmapModel, ColmapView
from uniseg3d.utils.errors import DataError, UniSeg3DError

_STRAIGHT = 1e-6  # distortion that moves no pixel
_MIDDLE = 0.25  # of a side: how far from the middle a principal point may lie


@dataclass(frozen=True)
class KnownPhotos:
    """Cameras by the names of frames, and a camera matrix that holds for all others."""

    cameras: ColmapModel | None = None
    intrinsics: np.ndarray | None = None  # [3, 3] pixels of the photos

    def of(self, used: list[tuple[SourceFrame, FittedPhoto]]) -> tuple[Tensor | None, Tensor | None]:
        """Poses [N, 4, 4] and intrinsics [N, 3, 3] of what the network sees, NaN where unknown; ``None`` if none is known."""
        views = {} if self.cameras is None else {view.name: view for view in self.cameras.views.values()}
        poses, matrices = torch.full((len(used), 4, 4), torch.nan), torch.full((len(used), 3, 3), torch.nan)
        for row, (frame, photo) in enumerate(used):
            matrix = self._matrix(frame, views.get(frame.name))
            if frame.name in views:
                poses[row] = torch.from_numpy(views[frame.name].camera_to_world)
            if matrix is not None:
                matrices[row] = torch.from_numpy(photo.transform @ matrix)
        return tuple(None if known.isnan().all() else known for known in (poses, matrices))  # type: ignore[return-value]

    def _matrix(self, frame: SourceFrame, view: ColmapView | None) -> np.ndarray | None:
        if view is not None and self.cameras is not None:
            return photo_matrix(frame, self.cameras.cameras[view.camera])
        return None if self.intrinsics is None else _common_matrix(frame, self.intrinsics)


def pinhole(fx: float, fy: float, cx: float, cy: float) -> np.ndarray:
    """Camera matrix [3, 3], if there is such a camera."""
    matrix = np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])
    check_intrinsics(torch.from_numpy(matrix), 'known intrinsics')
    return matrix


def photo_matrix(frame: SourceFrame, camera: ColmapCamera) -> np.ndarray:
    """The camera's matrix [3, 3] in pixels of the photo, which may be a smaller copy of what the camera took."""
    assert frame.image is not None
    height, width = frame.image.shape[:2]
    scale = width / camera.width
    if abs(scale * camera.height - height) > 1:
        taken = f'{camera.width} x {camera.height}'
        raise DataError(f'{frame.name} has {width} x {height} pixels, its known camera {taken}; give photos of that shape')
    if any(abs(value) > _STRAIGHT for value in camera.distortion):
        raise DataError(f'the known camera of {frame.name} is a {camera.model} with distortion; give undistorted photos')
    return scale_intrinsics(torch.from_numpy(camera.intrinsics), scale).numpy()


def _common_matrix(frame: SourceFrame, intrinsics: np.ndarray) -> np.ndarray:
    """The matrix, if it may be that of the frame: a turned or smaller photo has its middle elsewhere."""
    assert frame.image is not None
    size = np.array(frame.image.shape[1::-1])
    if (np.abs(intrinsics[:2, 2] - size / 2) > _MIDDLE * size).any():
        point = ', '.join(f'{value:g}' for value in intrinsics[:2, 2])
        raise DataError(
            f'{frame.name} has {size[0]} x {size[1]} pixels, in which the known principal point ({point}) is far from the '
            'middle; give intrinsics in pixels of the photos, all of one size, or --cameras'
        )
    return intrinsics


def move_to_cameras(scene: Reconstruction, known: dict[str, ColmapView], say: Callable[[str], None]) -> Reconstruction:
    """The scene moved to where known cameras are; where too few frames could be used it stays, and says so."""
    rows = [row for row, view in enumerate(scene.views) if view.name in known]
    if not known or not scene.views:
        return scene
    try:
        if not rows:
            raise DataError('no frame that could be used has one')
        truth = torch.from_numpy(np.stack([known[scene.views[row].name].camera_to_world for row in rows]))
        motion = align_trajectory(scene.poses[rows], truth.double())
    except UniSeg3DError as error:  # what was found is worth more than an end without it
        scene.notes.append(f'the world is the camera of the first frame, for known cameras cannot place it: {error}')
        say(scene.notes[-1])
        return scene
    poses = motion.apply_to_poses(scene.poses)
    for view, pose in zip(scene.views, poses, strict=True):
        view.camera_to_world = pose.numpy()
        view.points = motion.apply(torch.from_numpy(view.points).double()).float().numpy()
        if view.local_points is not None:
            view.local_points = motion.apply(torch.from_numpy(view.local_points).double()).float().numpy()
    return scene
