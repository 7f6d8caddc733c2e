"""A reconstructed scene, and the files that other programs read."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch

from uniseg3d.apis.panoptic_files import Segment, write_panoptic
from uniseg3d.io.colmap import write_colmap
from uniseg3d.io.colmap_model import ColmapCamera, ColmapModel, ColmapPoints, ColmapView
from uniseg3d.io.glb import write_glb
from uniseg3d.io.images import write_png
from uniseg3d.io.ply import PlyMesh, write_ply
from uniseg3d.io.trajectory import write_trajectory
from uniseg3d.utils.errors import DataError
from uniseg3d.utils.files import write_text

MILLIMETRES = 1000
CV_TO_Z_UP = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])  # the first camera looks along y, up is z
_MOST_COLMAP_POINTS = 100_000  # text files grow large


@dataclass(eq=False)
class ReconstructedView:
    """One frame. The world is OpenCV's: the first camera unless cameras were known."""

    name: str
    seconds: float
    size: tuple[int, int]  # height and width of the photo
    camera_to_world: np.ndarray  # [4, 4]
    intrinsics: np.ndarray  # [3, 3] pixels of the photo
    confidence: float  # mean over its pixels
    points: np.ndarray  # [K, 3] float32, the surest ones, in the world
    colors: np.ndarray  # [K, 3] uint8
    pointers: int | None = None  # in the memory after this frame
    segments: np.ndarray | None = None  # [K] of its points, 0 = none
    segment_map: np.ndarray | None = None  # [H, W] of the photo
    confidences: np.ndarray | None = None  # [K] float32 of its points
    local_points: np.ndarray | None = None  # [K, 3] where the frame alone would put them, in the world


@dataclass(eq=False)
class Reconstruction:
    """What became of all frames."""

    views: list[ReconstructedView]
    faults: dict[str, str] = field(default_factory=dict)  # frame to why it is left out
    seconds: float = 0.0  # that the network took
    segments: list[Segment] | None = None  # what the numbers of segments mean, where the network tells things apart
    classes: tuple[str, ...] = ()  # that it was asked for
    notes: list[str] = field(default_factory=list)  # what went otherwise than was asked for

    @property
    def points(self) -> np.ndarray:
        """All points [N, 3] float32."""
        return np.concatenate([view.points for view in self.views])

    @property
    def colors(self) -> np.ndarray:
        """Their colours [N, 3] uint8."""
        return np.concatenate([view.colors for view in self.views])

    @property
    def poses(self) -> torch.Tensor:
        """Camera-to-world [V, 4, 4] float64."""
        return torch.from_numpy(np.stack([view.camera_to_world for view in self.views])).double()


def write_depth(folder: Path, name: str, depth: np.ndarray) -> None:
    """``depth/<name>.png``: thousandths of the world's unit, 16 bits, 0 = none."""
    steps = np.rint(np.nan_to_num(depth, nan=0, posinf=0) * MILLIMETRES).clip(0, 65535).astype(np.uint16)
    write_png(folder / 'depth' / f'{name}.png', steps, 1)


def remove_depths(folder: Path) -> None:
    """Take away the depth images of an earlier reconstruction in ``folder``: those of the frames that its report names."""
    try:
        names = [frame['name'] for frame in json.loads((folder / 'report.json').read_text(encoding='utf-8'))['frames']]
    except (OSError, ValueError, KeyError, TypeError):
        return  # none, or of another program
    for frame in names:
        for name in (Path(frame).stem, Path(frame).name):
            (folder / 'depth' / f'{name}.png').unlink(missing_ok=True)


def write_reconstruction(folder: str | Path, scene: Reconstruction) -> None:
    """``points.ply``, ``points.glb`` (z up), ``colmap/``, ``trajectory.txt`` (TUM) and ``report.json`` in ``folder``; of
    things that were told apart also what ``write_panoptic`` writes.
    """
    folder = Path(folder)
    if not scene.views:
        reasons = '; '.join(f'{name}: {fault}' for name, fault in list(scene.faults.items())[:3])
        raise DataError(f'no frame could be used ({reasons}); nothing is written')
    write_ply(folder / 'points.ply', PlyMesh(scene.points, scene.colors))
    write_glb(folder / 'points.glb', scene.points @ CV_TO_Z_UP.T.astype(np.float32), scene.colors)
    write_colmap(folder / 'colmap', _colmap(scene))
    times = torch.tensor([view.seconds for view in scene.views], dtype=torch.float64)
    write_trajectory(folder / 'trajectory.txt', times, scene.poses)
    if scene.segments is not None:
        maps: dict[str, np.ndarray] = {}
        for view in scene.views:
            stem = Path(view.name).stem
            maps[view.name if stem in maps else stem] = cast(np.ndarray, view.segment_map)
        of_points = np.concatenate([cast(np.ndarray, view.segments) for view in scene.views])
        write_panoptic(folder, scene.segments, scene.classes, maps, scene.points, scene.colors, of_points)
    write_text(folder / 'report.json', json.dumps(_report(scene), indent=1))


def _colmap(scene: Reconstruction) -> ColmapModel:
    cameras, views = {}, {}
    for number, view in enumerate(scene.views, start=1):
        cameras[number] = ColmapCamera('PINHOLE', view.size[1], view.size[0], view.intrinsics)
        views[number] = ColmapView(view.name, number, view.camera_to_world)
    points, colors = scene.points, scene.colors
    kept = slice(None, None, -(-len(points) // _MOST_COLMAP_POINTS))
    ids = np.arange(1, len(points[kept]) + 1)
    tracks = np.zeros(0, np.int64), np.zeros((0, 2), np.int64)  # no features were matched
    xyz, error = points[kept].astype(np.float64), np.zeros(len(ids))
    return ColmapModel(cameras, views, ColmapPoints(ids, xyz, colors[kept], error, *tracks))


def _report(scene: Reconstruction) -> dict[str, Any]:
    frames = [
        {'name': view.name, 'seconds': view.seconds, 'confidence': round(view.confidence, 4), 'pointers': view.pointers}
        for view in scene.views
    ]
    speed = len(scene.views) / scene.seconds if scene.seconds else None
    counts = {'frames_per_second': speed, 'points': len(scene.points)}
    return {'frames': frames, 'left_out': scene.faults, **counts} | ({'notes': scene.notes} if scene.notes else {})
