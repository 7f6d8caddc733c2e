"""The two hand-overs of this folder: the built room, and what the cameras saw of it."""

from dataclasses import dataclass, field

import numpy as np


@dataclass
class Material:
    """Colour and texture of a surface patch."""

    rgb: tuple[float, float, float]  # 0..255, the main colour
    second_rgb: tuple[float, float, float]  # 0..255, the other colour of the texture
    texture: str = 'plain'  # plain | stripes | checks | wood | speckle
    scale: float = 0.1  # metres per period of the texture


@dataclass
class RoomObject:
    """One annotated or unannotated thing or surface. Box: axis-aligned in the world, after placement."""

    object_id: int  # 0, 1, 2, ... as in ScanNet; position in ``Room.objects``
    raw_category: str | None  # name in the label map's raw_category column; None = clutter that belongs to no class
    variant: str  # which parametric shape made it
    color_name: str | None  # word a person would use for its main colour
    size_name: str | None  # 'small' | 'large' | None, relative to what its class usually is
    yaw: float  # radians about z; the object's front looks along +x of its own frame rotated by yaw
    box: np.ndarray  # [2, 3] float32, minimum and maximum corner, metres
    supported_by: int | None = None  # object it stands, lies or hangs on


@dataclass
class Room:
    """A complete scene as triangles, metres, z up, floor at z = 0."""

    name: str  # e.g. room0003_00
    split: str  # 'train' | 'val'
    seed: int
    outline: list[np.ndarray]  # floor polygon [P, 2] of each room, counter-clockwise
    height: float
    has_ceiling: bool
    vertices: np.ndarray  # [V, 3] float32
    faces: np.ndarray  # [F, 3] int32, outward winding (towards the viewer for walls and floor)
    face_object: np.ndarray  # [F] int32, object_id
    face_material: np.ndarray  # [F] int32, row of ``materials``
    face_frame: np.ndarray  # [F] int32, row of ``frames``: where texture coordinates are measured
    frames: np.ndarray  # [K, 4, 4] float32, world-to-texture transforms
    materials: list[Material] = field(default_factory=list)
    objects: list[RoomObject] = field(default_factory=list)


@dataclass
class Frames:
    """RGB-D images of a room. OpenCV camera-to-world, pixels."""

    color: np.ndarray  # [V, H, W, 3] uint8
    depth: np.ndarray  # [V, H, W] float32 metres, 0 = no measurement; with sensor noise
    face: np.ndarray  # [V, H, W] int32, index of the seen face, -1 = nothing (noise-free)
    intrinsic: np.ndarray  # [3, 3] float64
    camera_to_world: np.ndarray  # [V, 4, 4] float64


@dataclass
class RoomScan:
    """What a scanner would have stored: a mesh fused from depth frames, with labels carried over from the faces."""

    vertices: np.ndarray  # [N, 3] float32, z up, in the frame of ``Room`` before ``axis_align_matrix`` is undone
    colors: np.ndarray  # [N, 3] uint8
    faces: np.ndarray  # [T, 3] int32
    vertex_object: np.ndarray  # [N] int32 object_id, -1 = unknown
    hole_share: float  # part of the room's exposed surface that no camera measured
    axis_align_matrix: np.ndarray = field(default_factory=lambda: np.eye(4))  # scan frame to axis-aligned frame
