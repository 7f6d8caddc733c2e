"""What a COLMAP model says: cameras, posed images and the points they show, in the package's conventions."""

from dataclasses import dataclass, field

import numpy as np

from uniseg3d.utils.errors import DataError

# model: the number of its parameters, of which the first are focal lengths: one or two
MODELS = {
    'SIMPLE_PINHOLE': (3, 1),
    'PINHOLE': (4, 2),
    'SIMPLE_RADIAL': (4, 1),
    'RADIAL': (5, 1),
    'OPENCV': (8, 2),
    'OPENCV_FISHEYE': (8, 2),
    'FULL_OPENCV': (12, 2),
    'FOV': (5, 2),
    'SIMPLE_RADIAL_FISHEYE': (4, 1),
    'RADIAL_FISHEYE': (5, 1),
    'THIN_PRISM_FISHEYE': (12, 2),
}


@dataclass(frozen=True, eq=False)
class ColmapCamera:
    model: str  # one of MODELS
    width: int
    height: int
    intrinsics: np.ndarray  # [3, 3] float64 pixels
    distortion: tuple[float, ...] = ()  # the model's other parameters


@dataclass(frozen=True, eq=False)
class ColmapView:
    name: str  # of the image file
    camera: int  # id
    camera_to_world: np.ndarray  # [4, 4] float64
    pixels: np.ndarray = field(default_factory=lambda: np.zeros((0, 2)))  # [K, 2] where features were found
    points: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))  # [K] point id of each, -1 = none


@dataclass(frozen=True, eq=False)
class ColmapPoints:
    """N points and the features that show them; feature ``t`` belongs to point ``track_point[t]``."""

    ids: np.ndarray  # [N] int64
    xyz: np.ndarray  # [N, 3] float64
    rgb: np.ndarray  # [N, 3] uint8
    error: np.ndarray  # [N] float64, mean reprojection error in pixels
    track_point: np.ndarray  # [T] int64, row 0..N-1
    track_feature: np.ndarray  # [T, 2] int64: image id, number of the feature in it

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def of(cls, xyz: np.ndarray, rgb: np.ndarray) -> 'ColmapPoints':
        """Points of which no features are known."""
        if xyz.shape != rgb.shape or rgb.dtype != np.uint8:
            raise DataError(f'points {xyz.shape} and colours {rgb.shape} {rgb.dtype}; expected [N, 3] twice, colours uint8')
        empty = np.zeros((0, 2), np.int64)
        return cls(np.arange(1, len(xyz) + 1), xyz.astype(np.float64), rgb, np.zeros(len(xyz)), empty[:, 0], empty)


@dataclass(frozen=True, eq=False)
class ColmapModel:
    cameras: dict[int, ColmapCamera]
    views: dict[int, ColmapView]
    points: ColmapPoints

    def __post_init__(self) -> None:
        for number, view in self.views.items():
            if view.camera not in self.cameras:
                raise DataError(f'image {number} ({view.name}) names camera {view.camera}, which is not in the model')
