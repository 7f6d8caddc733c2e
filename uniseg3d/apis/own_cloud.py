"""A cloud from anywhere, made fit for a network: metres, z up, centred, with everything said that was guessed."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from uniseg3d.geometry.floor import find_floor, levelling, wall_angle
from uniseg3d.geometry.rotation import rotation_z, transform_points
from uniseg3d.geometry.thinning import CHUNK
from uniseg3d.geometry.units import UNITS, guess_unit
from uniseg3d.geometry.up_axis import UPS, guess_up, up_rotation
from uniseg3d.io.clouds import read_cloud
from uniseg3d.io.raw_cloud import RawCloud
from uniseg3d.superpoints.voxel_graph import moment_normals, spread_moments, voxel_graph
from uniseg3d.utils.errors import ConfigError, DataError

AUTO = 'auto'
LOOKED_AT = 2_000_000  # points that decide about unit, up, floor and walls
WIDEST = 2000.0  # metres; what is larger has another unit, or stray points
GREY = 128
NO_RESULT = -1
TINY_TURN = 0.2  # degrees; less is noise, and the coordinates stay as they are


@dataclass(frozen=True)
class CloudOptions:
    """What is known about a file; 'auto' is found out."""

    unit: str = AUTO  # one of UNITS
    up: str = AUTO  # one of UPS
    align: bool = True  # level the floor and turn walls along the axes; results still lie in the file's coordinates

    def __post_init__(self) -> None:
        for name, known in (('unit', UNITS), ('up', UPS)):
            if getattr(self, name) not in (AUTO, *known):
                raise ConfigError(f'{name} must be {AUTO} or one of {", ".join(known)}, got {getattr(self, name)!r}')


@dataclass
class OwnCloud:
    """N points as networks expect them, and the way back to the file."""

    name: str
    xyz: np.ndarray  # [N, 3] float32 metres, z up, floor at 0, the middle above the origin
    color: np.ndarray  # [N, 3] uint8
    faces: np.ndarray | None  # [F, 3]
    to_model: np.ndarray  # [4, 4] float64: coordinates of the file to these
    file_points: int
    rows: np.ndarray | None = None  # [N] int64, rows of the file where some were dropped; None = all are here
    notes: list[str] = field(default_factory=list)  # what was guessed or repaired, a sentence each

    def __len__(self) -> int:
        return len(self.xyz)

    def in_file(self) -> np.ndarray:
        """Positions in the coordinates of the file [N, 3]: float32, or float64 where float32 would round them."""
        back = np.linalg.inv(self.to_model)
        far = np.abs(back[:3, 3]).max() > 1e5 * np.linalg.norm(back[:3, 0])
        return _transformed(self.xyz, back, np.float64 if far else np.float32)

    def on_file(self, values: np.ndarray) -> np.ndarray:
        """``values`` [N] for every point of the file; those without coordinates have -1."""
        if self.rows is None:
            return values
        wide = np.full(self.file_points, NO_RESULT, values.dtype)
        wide[self.rows] = values
        return wide


def open_cloud(path: str | Path, options: CloudOptions = CloudOptions()) -> OwnCloud:
    """Read and prepare a file."""
    try:
        return prepare_cloud(read_cloud(path), Path(path).stem, options)
    except DataError as error:
        raise error if str(path) in str(error) else type(error)(f'{path}: {error}') from error


def prepare_cloud(raw: RawCloud, name: str, options: CloudOptions = CloudOptions()) -> OwnCloud:
    """Bring ``raw`` into metres with z up, and its floor and middle to the origin."""
    notes: list[str] = []
    total = len(raw)
    raw, rows = _finite(raw, notes)
    matrix = _to_model(raw, options, notes)
    xyz = _transformed(raw.xyz, matrix, np.float32)
    extent = xyz.max(0) - xyz.min(0)
    if not extent.max() <= WIDEST:
        size = ' x '.join(f'{side:.3g}' for side in extent)
        raise DataError(f'the cloud spans {size} m, but at most {WIDEST:g} m: give its unit, or remove stray points')
    if raw.colors is None:
        notes.append('the file has no colours, so everything counts as grey; expect weaker results')
        raw.colors = np.full(raw.xyz.shape, GREY, np.uint8)
    return OwnCloud(name, xyz, raw.colors, raw.faces, matrix, total, rows, notes)


def _finite(raw: RawCloud, notes: list[str]) -> tuple[RawCloud, np.ndarray | None]:
    """The points without NaN and infinity, and their rows where some were dropped, with the triangles that are left."""
    whole = np.isfinite(raw.xyz).all(1)
    if whole.all():
        return raw, None
    rows = np.flatnonzero(whole)
    if not len(rows):
        raise DataError(f'none of the {len(raw)} points has finite coordinates')
    notes.append(f'{len(raw) - len(rows)} of {len(raw)} points have NaN or infinite coordinates and get no result')
    faces = None
    if raw.faces is not None:
        faces = (np.cumsum(whole) - 1)[raw.faces[whole[raw.faces].all(1)]]
    colors, normals = (None if part is None else part[rows] for part in (raw.colors, raw.normals))
    return RawCloud(raw.xyz[rows], colors, normals, faces, raw.metric_z_up), rows


def _to_model(raw: RawCloud, options: CloudOptions, notes: list[str]) -> np.ndarray:
    """Matrix [4, 4] from the file's coordinates to metres, z up, floor at 0, middle above the origin."""
    points = raw.xyz[:: max(1, len(raw) // LOOKED_AT)].astype(np.float64)
    low, high = np.percentile(points, [0.5, 99.5], axis=0)
    surface = _surface(points - (low + high) / 2, high - low)
    turn = _upright(surface, raw, options, notes)
    unit = _unit(surface.xyz @ turn[2], raw, options, notes)
    surface = surface.turned(turn)
    if options.align:
        turn = _levelled(surface, notes) @ turn
    matrix = np.eye(4)
    matrix[:3, :3] = UNITS[unit] * turn
    placed = (points - (low + high) / 2) @ matrix[:3, :3].T
    left, right = np.percentile(placed, [0.5, 99.5], axis=0)
    middle = (left + right) / 2
    matrix[:3, 3] = -matrix[:3, :3] @ (low + high) / 2 - [middle[0], middle[1], np.percentile(placed[:, 2], 1)]
    return matrix


@dataclass(frozen=True)
class _Surface:
    """Evenly spaced points with the directions of their surface; it may hold nothing."""

    xyz: np.ndarray  # [S, 3]
    normals: np.ndarray  # [S, 3]
    spacing: float

    def turned(self, rotation: np.ndarray) -> '_Surface':
        return _Surface(self.xyz @ rotation.T, self.normals @ rotation.T, self.spacing)


def _surface(points: np.ndarray, extent: np.ndarray) -> _Surface:
    """``points`` [N, 3] around the origin, most of them within ``extent`` [3]; strays are left out."""
    spacing = max(extent.max() / 400, extent.min() / 40, 1e-6)
    kept = points[(np.abs(points) <= extent / 2 + spacing).all(1)]
    if not len(kept):
        return _Surface(np.zeros((0, 3)), np.zeros((0, 3)), spacing)
    graph = voxel_graph(kept, spacing)
    normals = moment_normals(spread_moments(graph.moments, graph.pairs))
    flat = np.abs(normals).any(1)
    centres = graph.moments[:, 1:4] / graph.moments[:, :1] + kept.mean(0)
    return _Surface(centres[flat], normals[flat], spacing)


def _upright(surface: _Surface, raw: RawCloud, options: CloudOptions, notes: list[str]) -> np.ndarray:
    """Rotation [3, 3] that turns up to z."""
    if options.up != AUTO:
        return up_rotation(options.up)
    if raw.metric_z_up or not len(surface.xyz):
        return np.eye(3)
    up = guess_up(surface.xyz, surface.normals, surface.spacing)
    if up != 'z':
        notes.append(f'up looks like {up}, not z; if that is wrong, give it (--up z)')
    return up_rotation(up)


def _unit(heights: np.ndarray, raw: RawCloud, options: CloudOptions, notes: list[str]) -> str:
    if options.unit != AUTO:
        return options.unit
    if raw.metric_z_up or not len(heights):
        return 'm'
    height = float(np.ptp(heights))
    unit = guess_unit(height)
    if unit != 'm':
        notes.append(f'the cloud is {height:.4g} high, so its unit seems to be {unit}; if that is wrong, give it (--unit m)')
    return unit


def _levelled(surface: _Surface, notes: list[str]) -> np.ndarray:
    """Rotation [3, 3] that levels the floor and turns walls along x and y."""
    floor = find_floor(surface.xyz, surface.normals, surface.spacing)
    turn = np.eye(3)
    if floor is not None and np.degrees(np.arccos(min(1.0, floor.normal[2]))) > TINY_TURN:
        turn = levelling(floor.normal)
        notes.append(f'the floor is tilted by {np.degrees(np.arccos(floor.normal[2])):.1f} degrees; it was levelled')
    angle = wall_angle(surface.normals @ turn.T)
    return rotation_z(-angle) @ turn if abs(np.degrees(angle)) > TINY_TURN else turn


def _transformed(xyz: np.ndarray, matrix: np.ndarray, dtype: type) -> np.ndarray:
    """As :func:`transform_points`, a part at a time: float64 copies of large clouds do not fit beside them."""
    result: np.ndarray = np.empty(xyz.shape, dtype)
    for start in range(0, len(xyz), CHUNK):
        result[start : start + CHUNK] = transform_points(matrix, xyz[start : start + CHUNK])
    return result
