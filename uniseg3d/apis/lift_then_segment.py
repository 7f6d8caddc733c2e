"""From reconstructed photos to a scene that can be asked: gravity and scale are found, and photos can be clicked on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from uniseg3d.apis.opened_scene import OpenedScene
from uniseg3d.apis.own_cloud import CloudOptions, OwnCloud, prepare_cloud
from uniseg3d.apis.reconstruction import ReconstructedView, Reconstruction
from uniseg3d.apis.user_prompts import Click, PhotoClick
from uniseg3d.geometry.rotation import transform_points
from uniseg3d.io.raw_cloud import RawCloud
from uniseg3d.utils.errors import ConfigError, DataError

CAMERA_HEIGHT = 1.5  # metres above the floor: people hold cameras before chest or eyes
ROOM_HEIGHT = 2.6  # metres, where the cameras tell nothing
LIKELY_HEIGHTS = (1.8, 6.0)  # metres from floor to ceiling; a scene of such height is taken to be in metres
LEVEL_PRIOR = 0.05  # how much the cameras' own up counts where all look the same way
REACH = 0.02  # of a photo's width: farther from a pixel there is no point that it could mean


@dataclass(eq=False)
class LiftedScene:
    """Photos, the points they gave, and the scene that these make. Positions are in the reconstruction's world."""

    reconstruction: Reconstruction
    opened: OpenedScene

    @property
    def world_to_metres(self) -> np.ndarray:
        """[4, 4]: to metres, z up, the floor at 0."""
        return self.opened.cloud.to_model

    def click(self, asked: PhotoClick) -> Click:
        """The place in the world that a click in a photo means."""
        names = [view.name for view in self.reconstruction.views]
        if asked.photo not in names:
            why = self.reconstruction.faults.get(asked.photo)
            known = f'it was left out: {why}' if why else f'there are {", ".join(names[:5])}'
            raise DataError(f'no photo {asked.photo!r} was used; {known}')
        x, y, z = point_at_pixel(self.reconstruction.views[names.index(asked.photo)], asked.pixel)
        return Click((float(x), float(y), float(z)), asked.positive)

    def points_of(self, photo: str) -> slice:
        """Which of the N points come from a photo."""
        start = 0
        for view in self.reconstruction.views:
            if view.name == photo:
                return slice(start, start + len(view.points))
            start += len(view.points)
        raise DataError(f'no photo {photo!r} was used')


def in_world(scene: LiftedScene | OpenedScene, asked: Click | PhotoClick) -> Click:
    """A click in a photo as one on the scene; others are that already."""
    if isinstance(asked, Click):
        return asked
    if not isinstance(scene, LiftedScene):
        raise DataError(f'{scene.cloud.name} was not made of photos; give x, y, z instead of a place in {asked.photo}')
    return scene.click(asked)


def placed_clicks(
    scene: LiftedScene | OpenedScene, groups: Sequence[Sequence[Click | PhotoClick]]
) -> tuple[list[list[Click]], list[str]]:
    """The groups all of whose clicks mean places of the scene, as these, and a sentence about each of the others."""
    placed, faults = [], []
    for number, group in enumerate(groups):
        try:
            placed.append([in_world(scene, one) for one in group])
        except DataError as error:
            faults.append(f'click {number}: {error}')
    return placed, faults


def lift(scene: Reconstruction, name: str = 'photos', scale: float | None = None) -> OwnCloud:
    """The points of all photos as a cloud in metres, z up; ``cloud.to_model`` leads there from the reconstruction's world.

    scale: metres in one unit of the world; ``None`` = found out, see :func:`find_scale`.
    """
    if not scene.views:
        reasons = '; '.join(f'{photo}: {fault}' for photo, fault in list(scene.faults.items())[:3])
        raise DataError(f'no photo could be used ({reasons or "there was none"})')
    if scale is not None and not 0 < scale < float('inf'):
        raise ConfigError(f'scale must be positive, got {scale}')
    turn, notes = gravity(scene.poses.numpy()), []
    if scale is None:
        scale, note = find_scale(scene.points @ turn[2], scene.poses[:, :3, 3].numpy() @ turn[2])
        notes.append(note)
    upright = np.eye(4)
    upright[:3, :3] = scale * turn
    xyz = transform_points(upright, scene.points).astype(np.float32)
    cloud = prepare_cloud(RawCloud(xyz, scene.colors, metric_z_up=True), name, CloudOptions('m', 'z'))
    return replace(cloud, to_model=cloud.to_model @ upright, notes=[*notes, *cloud.notes])


def gravity(poses: np.ndarray) -> np.ndarray:
    """Rotation [3, 3] that turns z up, from cameras [V, 4, 4] (OpenCV, camera-to-world).

    People hold cameras level: what is right in the photos is horizontal, whichever way they look and however far they tilt.
    Where all look the same way, up in the photos decides.
    """
    right, up = poses[:, :3, 0], -poses[:, :3, 1]
    guess = up.sum(0)
    guess = guess / np.linalg.norm(guess) if np.linalg.norm(guess) > 1e-6 else up[0]
    tilted = right.T @ right / len(right) + LEVEL_PRIOR * (np.eye(3) - np.outer(guess, guess))
    found = np.linalg.eigh(tilted)[1][:, 0]
    found = found if found @ guess >= 0 else -found
    ahead = poses[0, :3, 2] - (poses[0, :3, 2] @ found) * found
    if np.linalg.norm(ahead) < 1e-3:  # the first camera looks straight down
        ahead = right[0] - (right[0] @ found) * found
    ahead /= np.linalg.norm(ahead)
    return np.stack([np.cross(ahead, found), ahead, found])


def find_scale(heights: np.ndarray, cameras: np.ndarray) -> tuple[float, str]:
    """Metres in one unit, and the reason, from heights of points [N] and of cameras [V]: networks rarely know metres."""
    floor, ceiling = np.percentile(heights, [1, 99])
    height, above = float(ceiling - floor), float(np.median(cameras) - floor)
    if LIKELY_HEIGHTS[0] <= height <= LIKELY_HEIGHTS[1]:
        return 1.0, f'the scene is {height:.2f} high, so its unit was taken for metres; if it is not, give the scale'
    if above > 0.1 * height:
        scale, reason = CAMERA_HEIGHT / above, f'the cameras were held {CAMERA_HEIGHT} m above the lowest points'
    else:
        scale, reason = ROOM_HEIGHT / max(height, 1e-9), f'the scene is {ROOM_HEIGHT} m high'
    return scale, f'the size of the scene is a guess, that {reason}; if you know better, give the scale'


def point_at_pixel(view: ReconstructedView, pixel: Sequence[float]) -> np.ndarray:
    """The point [3] that a pixel of a photo shows: of those that came from this very photo, so that nothing hides it."""
    height, width = view.size
    u, v = (float(value) for value in pixel)
    if not (0 <= u <= width and 0 <= v <= height):
        raise DataError(f'{view.name}: pixel ({u:g}, {v:g}) lies outside the photo of {width} x {height} pixels')
    local = transform_points(np.linalg.inv(view.camera_to_world), view.points)
    image = local @ view.intrinsics.T
    seen = np.flatnonzero(local[:, 2] > 0)
    distance = np.linalg.norm(image[seen, :2] / image[seen, 2:] - (u, v), axis=1)
    if not len(seen) or distance.min() > REACH * max(width, height) + 1:
        raise DataError(f'{view.name}: nothing near pixel ({u:g}, {v:g}) was reconstructed surely enough; click elsewhere')
    return view.points[seen[distance.argmin()]]
