"""What photos of a scene became, as files: gaussians, cameras, pictures of the photos' views and a flight between them."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from uniseg3d.geometry.camera_path import camera_path
from uniseg3d.geometry.pnp import estimate_pose
from uniseg3d.io.gaussians import write_gaussians
from uniseg3d.io.images import write_png
from uniseg3d.io.video import write_video
from uniseg3d.models.postprocess.rendered_views import render_views
from uniseg3d.ops.rasterize import Cameras
from uniseg3d.structures.gaussian_scene import GaussianScene
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import MissingPackageError
from uniseg3d.utils.files import write_text
from uniseg3d.visualization.gaussian_pictures import view_pictures

FILE = 'output.ply'


@dataclass(frozen=True)
class GaussianFiles:
    """What is written."""

    convention: str = '3dgs'
    classes: str = 'scannet20'  # the list that the model predicts
    views: bool = True  # pictures from where the photos were taken
    frames: int = 0  # of a flight from the first photo to the last
    least: float = 0.3  # what is said about a pixel more faintly is not shown


def estimated_poses(scene: GaussianScene) -> Tensor:
    """Camera-to-world [V, 4, 4] of the photos, from where their pixels were placed; views that fit nowhere get the first's."""
    views, height, width = scene.segments.maps.shape
    points = scene.gaussians.means.view(views, height, width, 3)
    sure = scene.gaussians.opacities.view(views, height, width) > 0.05
    poses = [torch.eye(4)]
    for view in range(1, views):
        camera = scene.intrinsics[view].double()
        middle = float(camera[0, 2]), float(camera[1, 2])
        fit = estimate_pose(points[view], float(camera[[0, 1], [0, 1]].mean()), sure[view], middle)
        poses.append(torch.eye(4) if fit is None else fit.pose.float())
    return torch.stack(poses)


def write_gaussian_scene(folder: str | Path, scene: GaussianScene, names: list[str], wanted: GaussianFiles) -> list[str]:
    """Write everything below ``folder``; sentences about what could not be."""
    folder, remarks = Path(folder), list[str]()
    write_gaussians(folder / FILE, scene.gaussians, wanted.convention)
    poses = estimated_poses(scene)
    write_text(folder / 'cameras.json', json.dumps(_cameras(scene, poses, names), indent=1))
    size = (scene.segments.maps.shape[1], scene.segments.maps.shape[2])
    if wanted.views:
        for name, picture in _pictures(scene, Cameras(poses, scene.intrinsics, size), wanted).items():
            for view, own in enumerate(picture):
                write_png(folder / 'views' / f'{Path(names[scene.views[view]]).stem}_{name}.png', own)
    if wanted.frames:
        path = camera_path(poses, wanted.frames)
        flown = Cameras(path, scene.intrinsics[:1].expand(len(path), 3, 3), size)
        remarks += _write_flight(folder / 'novel', _pictures(scene, flown, wanted))
    return remarks


def _pictures(scene: GaussianScene, cameras: Cameras, wanted: GaussianFiles) -> dict[str, np.ndarray]:
    classes = class_list(wanted.classes)
    scores = scene.segments.scores if len(scene.segments) else None
    drawn = render_views(scene.gaussians, cameras, scores, stuff=classes.stuff, least=wanted.least)
    return view_pictures(drawn, classes)


def _write_flight(folder: Path, pictures: dict[str, np.ndarray]) -> list[str]:
    for name, frames in pictures.items():
        for number, picture in enumerate(frames):
            write_png(folder / f'{number:03d}_{name}.png', picture)
    try:
        for name, frames in pictures.items():
            write_video(folder / f'{name}.mp4', frames)
    except MissingPackageError as error:
        return [f'no video was written: {error}']
    return []


def _cameras(scene: GaussianScene, poses: Tensor, names: list[str]) -> list[dict[str, object]]:
    """The frame of the first photo; intrinsics in pixels of what the network saw, pixel centres at whole numbers."""
    rows = zip(scene.views, poses.tolist(), scene.intrinsics.tolist(), strict=True)
    return [{'photo': names[view], 'camera_to_world': pose, 'intrinsics': camera} for view, pose, camera in rows]
