"""From a room to what a scanner stores of it: RGB-D frames, a fused mesh with labels, and how much was missed."""

from dataclasses import dataclass, replace

import numpy as np

from uniseg3d.rooms.cameras import UP_TO_STEEP, choose_views, draw_poses, halved, intrinsic_matrix
from uniseg3d.rooms.coverage import SurfaceSamples, measured_samples, sample_exposed_surface
from uniseg3d.rooms.free_space import FreeSpace, find_free_space
from uniseg3d.rooms.fusion import fuse
from uniseg3d.rooms.raster import pixel_rays, rasterize
from uniseg3d.rooms.scene import Frames, Room, RoomScan
from uniseg3d.rooms.sensor import incidence, measure_depth
from uniseg3d.rooms.shading import shade, surface_table

FRAME_COUNT = 12
FRAME_SIZE = (240, 320)  # height, width in pixels
SCAN_SIZE = (120, 160)
VOXELS = (0.042, 0.054)  # metres; coarser in large rooms, so that all scans have some ten thousand vertices
_USUAL_VOXEL, _USUAL_AREA = 0.046, 100.0  # metres, square metres
LEAST_HOLES = 0.05  # no scan is complete
_PREVIEW_SIZE = (48, 64)
_PER_VIEW = ('color', 'depth', 'face', 'camera_to_world')
_WALK, _LOOKS_AROUND = 40, 32  # candidate poses
_WANTED_COVERAGE = (0.84, 0.95)  # before noise and lost pixels take their share
_POSE_ERROR = (0.001, 0.0008)  # metres and radians by which a view is misplaced when it is fused


@dataclass
class _Plan:
    """The chosen cameras, in walking order."""

    exported: np.ndarray  # [FRAME_COUNT, 4, 4]
    scanning: np.ndarray  # [*, 4, 4] further views that are only fused
    field_of_view: float  # degrees


def scan_room(room: Room, rng: np.random.Generator) -> tuple[Frames, RoomScan]:
    """Look at ``room`` with a depth camera. The frames are the exported ones; the scan also uses further, coarser ones.

    hole_share: part of the exposed surface (see ``sample_exposed_surface``) that no fused depth image measured.
    """
    space = find_free_space(room)
    samples = sample_exposed_surface(room, space, rng)
    plan = _plan_views(room, space, samples, rng)
    frames = render(room, plan.exported, intrinsic_matrix(FRAME_SIZE, plan.field_of_view), FRAME_SIZE, rng)
    scanning = render(room, plan.scanning, halved(frames.intrinsic), SCAN_SIZE, rng)
    fused = _join(_every_second_pixel(frames), scanning)
    measured = measured_samples(samples, fused.depth, fused.intrinsic, fused.camera_to_world)
    holes = 1 - np.logical_or.accumulate(measured, axis=0).mean(axis=1)  # after one view, two views, ...
    used = max(int((holes >= LEAST_HOLES).sum()), 1)
    voxel = float(np.clip(_USUAL_VOXEL * np.sqrt(samples.area / _USUAL_AREA), *VOXELS))
    return frames, _fuse_frames(room, _first(fused, used), voxel, float(holes[used - 1]), rng)


def _plan_views(room: Room, space: FreeSpace, samples: SurfaceSamples, rng: np.random.Generator) -> _Plan:
    walk, look_around = draw_poses(space, rng, _WALK), draw_poses(space, rng, _LOOKS_AROUND, UP_TO_STEEP)
    field_of_view = rng.uniform(60, 75)
    poses = np.concatenate([walk, look_around])
    coverage, interesting = _preview(room, samples, poses, field_of_view)
    exported = _most_telling(coverage[:_WALK] & interesting[:_WALK, None])
    seen = np.asarray(coverage[exported].any(axis=0))
    extra = choose_views(coverage, seen, len(poses), rng.uniform(*_WANTED_COVERAGE))
    return _Plan(poses[sorted(exported)], poses[sorted(extra)], field_of_view)


def _preview(room: Room, samples: SurfaceSamples, poses: np.ndarray, field_of_view: float) -> tuple[np.ndarray, np.ndarray]:
    """Which samples each pose would measure [V, S], and whether its image is worth showing [V]."""
    intrinsic = intrinsic_matrix(_PREVIEW_SIZE, field_of_view)
    depth, face = rasterize(room.vertices, room.faces, intrinsic, poses, _PREVIEW_SIZE)
    interesting = (np.median(depth, axis=(1, 2)) > 1.1) & ((face >= 0).mean(axis=(1, 2)) > 0.9)
    return measured_samples(samples, depth, intrinsic, poses), interesting


def _most_telling(coverage: np.ndarray) -> list[int]:
    """FRAME_COUNT views; when new surface runs out, the next ones look at everything again from elsewhere."""
    chosen: list[int] = []
    while len(chosen) < FRAME_COUNT:
        left = coverage.copy()
        left[chosen] = False
        more = choose_views(left, np.zeros(coverage.shape[1], np.bool_), FRAME_COUNT - len(chosen))
        chosen += more or [view for view in range(len(coverage)) if view not in chosen][: FRAME_COUNT - len(chosen)]
    return chosen


def render(room: Room, poses: np.ndarray, intrinsic: np.ndarray, size: tuple[int, int], rng: np.random.Generator) -> Frames:
    """What a depth camera of image ``size`` (height, width) sees at ``poses`` [V, 4, 4]."""
    depth, face = rasterize(room.vertices, room.faces, intrinsic, poses, size)
    color = shade(room, depth, face, intrinsic, poses, rng)
    cosine = incidence(face, surface_table(room)[2], pixel_rays(intrinsic, size), poses)
    return Frames(color, measure_depth(depth, cosine, rng), face, intrinsic, poses)


def _every_second_pixel(frames: Frames) -> Frames:
    images = {name: np.ascontiguousarray(getattr(frames, name)[:, ::2, ::2]) for name in ('color', 'depth', 'face')}
    return replace(frames, intrinsic=halved(frames.intrinsic), **images)


def _join(first: Frames, second: Frames) -> Frames:
    return replace(first, **{name: np.concatenate([getattr(first, name), getattr(second, name)]) for name in _PER_VIEW})


def _first(frames: Frames, count: int) -> Frames:
    return replace(frames, **{name: getattr(frames, name)[:count] for name in _PER_VIEW})


def _fuse_frames(room: Room, frames: Frames, voxel: float, hole_share: float, rng: np.random.Generator) -> RoomScan:
    poses = np.stack([pose @ _small_motion(rng) for pose in frames.camera_to_world])
    rays = pixel_rays(frames.intrinsic, frames.depth.shape[1:])
    in_camera = (rays * frames.depth[..., None]).reshape(len(poses), -1, 3)
    points = in_camera @ poses[:, :3, :3].transpose(0, 2, 1) + poses[:, None, :3, 3]
    labels = np.where(frames.face >= 0, room.face_object[frames.face], -1).astype(np.int32)
    vertices, colors, objects, faces = fuse(
        points.reshape(*frames.depth.shape, 3), frames.depth > 0, frames.color, labels, poses[:, :3, 3].copy(), voxel
    )
    return RoomScan(vertices, colors, faces, objects, hole_share, _draw_alignment(rng))


def _draw_alignment(rng: np.random.Generator) -> np.ndarray:
    """A rotation about z and a shift, rounded as the info file will hold it, so that both say exactly the same."""
    angle = rng.uniform(0, 2 * np.pi)
    matrix = np.eye(4)
    matrix[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    matrix[:3, 3] = rng.uniform(-4, 4, 2).tolist() + [rng.uniform(-0.5, 0.5)]
    return np.round(matrix, 6)


def _small_motion(rng: np.random.Generator) -> np.ndarray:
    x, y, z = rng.normal(0, _POSE_ERROR[1], 3)
    motion = np.array([[1, -z, y, 0], [z, 1, -x, 0], [-y, x, 1, 0], [0, 0, 0, 1.0]])
    motion[:3, 3] = rng.normal(0, _POSE_ERROR[0], 3)
    return motion
