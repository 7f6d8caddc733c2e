"""The posed photos of a ScanNet++ scene, from the cameras of both of its recordings."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from uniseg3d.geometry.lens import Lens, sample_colors, sample_mask
from uniseg3d.geometry.view_crop import ViewImage, cover_view
from uniseg3d.io.colmap import read_colmap
from uniseg3d.io.images import read_color, read_map
from uniseg3d.utils.errors import DataError

ASPECT = 3 / 4  # height per width of what a picture must cover
_PHONE_PREFIXES = ('iphone/', 'video/')
VALID = 255  # of the masks: nothing was hidden for privacy


@dataclass(frozen=True, eq=False)
class Photo:
    """One image of a scene, on disk."""

    name: str  # without ending
    image: Path
    mask: Path
    lens: Lens
    camera_to_world: np.ndarray  # [4, 4]


def read_photos(folder: Path) -> dict[str, Photo]:
    """All photos of the scene's camera and phone that COLMAP placed, by name; one of the two recordings may be missing."""
    found: dict[str, Photo] = {}
    for device, images, masks in (('dslr', 'resized_images', 'resized_anon_masks'), ('iphone', 'rgb', 'rgb_masks')):
        model_folder = folder / device / 'colmap'
        if not model_folder.is_dir():
            continue
        model = read_colmap(model_folder)
        lenses = {
            number: Lens(camera.model, camera.intrinsics, camera.distortion, camera.width, camera.height)
            for number, camera in model.cameras.items()
        }
        for view in model.views.values():
            file = Path(_without_prefix(view.name))
            mask = folder / device / masks / f'{file.stem}.png'
            found[file.stem] = Photo(
                file.stem, folder / device / images / file.name, mask, lenses[view.camera], view.camera_to_world
            )
    if not found:
        raise DataError(f'{folder} has no COLMAP model in dslr/colmap or iphone/colmap; download the scene again')
    return found


def _without_prefix(name: str) -> str:
    for prefix in _PHONE_PREFIXES:
        name = name.removeprefix(prefix)
    return name


def undistorted(photo: Photo, width: int) -> ViewImage:
    """The photo as a pinhole camera would have taken it, just covering ``width`` pixels; hidden pixels are black.

    The map ``valid`` is true where nothing was hidden.
    """
    image = read_color(photo.image)
    size = (photo.lens.height, photo.lens.width)
    if image.shape[:2] != size:
        raise DataError(
            f'{photo.image} has {image.shape[:2]} pixels, its camera {size}; take images and model of one resolution'
        )
    shown = read_map(photo.mask) == VALID if photo.mask.exists() else np.ones(size, bool)
    if shown.shape != size:
        raise DataError(f'{photo.mask} has {shown.shape} pixels, its image {size}')
    intrinsics = photo.lens.pinhole()
    source = photo.lens.source(intrinsics)
    image = sample_colors(np.where(shown[..., None], image, 0).astype(np.uint8), source)
    view = ViewImage(image, intrinsics, {'valid': sample_mask(shown, source)})
    return cover_view(view, width, round(width * ASPECT))
