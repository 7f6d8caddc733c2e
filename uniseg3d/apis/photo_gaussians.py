"""Photos to labelled 3D gaussians."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from uniseg3d.apis.photo_source import PHOTO_SUFFIXES, SourceFrame, read_frames
from uniseg3d.engine.config import load_config
from uniseg3d.engine.resume import existing_weights
from uniseg3d.geometry.middle_square import middle_square
from uniseg3d.models import SIU3R
from uniseg3d.registry import MODELS
from uniseg3d.structures.gaussian_scene import GaussianScene
from uniseg3d.structures.view_batch import GRAY, ViewBatch
from uniseg3d.utils.errors import ConfigError, DataError
from uniseg3d.utils.weights import apply_weights, load_weights

FOR_TRAINING = ('criterion', 'geometry_weights', 'mask_weights')
STEP = 16  # pixels: side of a patch


@dataclass(frozen=True)
class PhotoCamera:
    """Focal lengths and principal point of all photos, in pixels of the photos, or of what is cut out of them."""

    fx: float
    fy: float
    cx: float
    cy: float
    of_cut: bool = False

    @property
    def matrix(self) -> np.ndarray:
        """[3, 3]; whole numbers are pixel centres."""
        return np.array([[self.fx, 0, self.cx - 0.5], [0, self.fy, self.cy - 0.5], [0, 0, 1]])


@dataclass
class PreparedPhotos:
    """What the network takes, and what was left out on the way."""

    batch: ViewBatch
    remarks: list[str]


def load_gaussian_model(weights: str | Path, config: str | Path) -> SIU3R:
    """The model of ``config`` with the weights of a file or work dir, on the CPU, ready to predict."""
    described = dict(load_config(config).model)
    if described.get('type') != 'SIU3R':
        raise ConfigError(f'{config} describes a {described.get("type")}; expected one of SIU3R, such as siu3r_pair_scannet.py')
    for name in FOR_TRAINING:
        described.pop(name, None)
    model = MODELS.build(described)
    apply_weights(model, load_weights(existing_weights(weights)).state_dict)
    return model.eval()


def read_photos(sources: Sequence[str | Path]) -> list[SourceFrame]:
    """Photos named one by one, or all in a folder by their numbers."""
    if len(sources) > 1:
        for path in map(Path, sources):
            if not path.is_file() or path.suffix.lower() not in PHOTO_SUFFIXES:
                raise DataError(f'{path} is no photo ({", ".join(PHOTO_SUFFIXES)}); give photos, or one folder of them')
    return [frame for source in sources for frame in read_frames(source)]


def prepare_photos(
    frames: Iterable[SourceFrame], size: int = 256, camera: PhotoCamera | None = None, scene_id: str = 'photos'
) -> PreparedPhotos:
    """Middle squares of ``size`` pixels of all photos but those that show the same as another; the first is the world."""
    if size < STEP or size % STEP:
        raise ConfigError(f'the network takes squares of {STEP}, {2 * STEP}, ... pixels; got size {size}')
    kept: dict[str, np.ndarray] = {}
    cameras, remarks = [], []
    for frame in frames:
        if frame.image is None:
            remarks.append(f'{frame.name} is left out: {frame.fault}')
            continue
        photo = middle_square(frame.image, size)
        twin = next((name for name, image in kept.items() if np.array_equal(image, photo.image)), None)
        if twin is not None:
            remarks.append(f'{frame.name} is left out: it is the same picture as {twin}')
            continue
        kept[frame.name] = photo.image
        if camera is not None:
            cameras.append(camera.matrix if camera.of_cut else photo.transform @ camera.matrix)
    if len(kept) < 2:
        said = f' ({"; ".join(remarks)})' if remarks else ''
        raise DataError(
            f'{scene_id}: {len(kept)} photo is left to look at{said}; give two or more, taken from different places'
        )
    images = torch.from_numpy(np.stack(list(kept.values()))).permute(0, 3, 1, 2)[None].float() / GRAY - 1
    known = torch.from_numpy(np.stack(cameras))[None].float() if cameras else None
    return PreparedPhotos(ViewBatch([scene_id], images, [list(kept)], intrinsics=known), remarks)


def gaussians_of_photos(model: SIU3R, photos: ViewBatch) -> GaussianScene:
    """What the network makes of one scene, on the CPU."""
    device = next(model.parameters()).device
    with torch.inference_mode():
        return model.predict(photos.to(device))[0].to('cpu')
