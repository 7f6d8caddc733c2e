"""Second stage: pictures of single classes, exact masks for them, and how well each expert finds the class."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from uniseg3d.apis.sas_setup import PICTURES, Priors
from uniseg3d.datasets.preparation.faults import Fault
from uniseg3d.io.arrays import read_npy
from uniseg3d.io.images import read_color, read_map, write_png
from uniseg3d.priors.capability import ClassCapability, capability_vector, class_capability, foreground
from uniseg3d.priors.pixel_experts import Photo, PixelExpert
from uniseg3d.priors.prompt_points import BORDER, clean_mask, prompt_points
from uniseg3d.priors.refiners import Pictures, Refiner
from uniseg3d.priors.text_bridge import nearest_map
from uniseg3d.registry import EXPERTS
from uniseg3d.rooms.class_pictures import folder_name
from uniseg3d.utils.errors import DataError, UniSeg3DError
from uniseg3d.utils.files import by_number, read_json, write_text
from uniseg3d.utils.progress import track

OTHER = ('other', 'others')  # no picture shows it
FULL_SIDE = 512  # of the pictures that the border of a rough mask was chosen for


def drawn_classes(priors: Priors) -> list[str]:
    """Classes of the vocabulary that pictures can show."""
    return [name for name in priors.names if name not in OTHER]


def synthesize_images(priors: Priors) -> dict[str, int]:
    """Draw what is missing; number of pictures of each class."""
    maker: Pictures = EXPERTS.build(dict(priors.settings.pictures))
    return maker.make(priors.folder / PICTURES, drawn_classes(priors))


def refine_masks(priors: Priors) -> list[Fault]:
    """Make the rough masks exact (``refined/N.png``); those that are there are kept."""
    photos = [photo for name in drawn_classes(priors) for photo in class_photos(priors, name)]
    left = [photo for photo in photos if not _mask_path(photo, 'refined').exists()]
    if not photos:
        raise DataError(f'{priors.folder / PICTURES} holds no pictures; run tools/sas/synthesize_images.py first')
    refiner: Refiner | None = EXPERTS.build(dict(priors.settings.refiner)) if left else None
    faults = []
    for photo in track(left, 'refining masks'):
        assert refiner is not None
        try:
            rough = read_map(_mask_path(photo, 'rough')) > 0
            points = prompt_points(clean_mask(rough, BORDER * min(rough.shape) // FULL_SIDE))
            write_png(_mask_path(photo, 'refined'), 255 * refiner.refine(photo, points).astype(np.uint8))
        except UniSeg3DError as error:
            faults.append(Fault(f'{photo.scene_id} {photo.name}', str(error)))
    return faults


def class_photos(priors: Priors, name: str) -> list[Photo]:
    """Pictures of one class."""
    folder = priors.folder / PICTURES / folder_name(name)
    paths = sorted((folder / 'color').glob('*.jpg'), key=lambda path: by_number(path.stem))
    return [Photo(torch.from_numpy(read_color(path)), folder.name, path.stem, folder) for path in paths]


def _mask_path(photo: Photo, kind: str) -> Path:
    return photo.folder / kind / f'{photo.name}.png'


def measure_capability(priors: Priors, experts: Sequence[str] | None = None) -> list[Fault]:
    """Measure each expert on the pictures of each class; what was measured is kept, class by class."""
    faults = []
    for name in priors.expert_names(experts):
        path, known = priors.capability_path(name), _read(priors, name)
        left = [cls for cls in drawn_classes(priors) if cls not in known]
        expert = priors.expert(name) if left else None
        for cls in track(left, f'measuring {name}'):
            assert expert is not None
            try:
                known[cls] = _measure(priors, expert, cls)
            except UniSeg3DError as error:
                faults.append(Fault(f'{name} {cls}', str(error)))
            write_text(path, _json(known))
    return faults


@torch.no_grad()
def _measure(priors: Priors, expert: PixelExpert, name: str) -> ClassCapability:
    photos = [photo for photo in class_photos(priors, name) if _mask_path(photo, 'refined').exists()]
    if not photos:
        raise DataError(f'there is no picture of {name} with a refined mask; run tools/sas/refine_masks.py')
    number = priors.names.index(name)
    said = [expert.describe([photo])[0] for photo in photos]
    blank = torch.full((1, 1), -1)  # nothing said: no class
    maps = [blank if one is None else one.classes(priors.vocabulary) for one in said]
    found = [nearest_map(values, photo.size) == number for values, photo in zip(maps, photos, strict=True)]
    pseudo = [foreground(torch.from_numpy(read_map(_mask_path(photo, 'refined')).astype(np.int64))) for photo in photos]
    return class_capability(torch.stack(found), torch.stack(pseudo))


def capabilities(priors: Priors, experts: Sequence[str]) -> Tensor:
    """Measured capabilities [E, K] float64."""
    rows = []
    for name in experts:
        known = _read(priors, name)
        missing = [cls for cls in drawn_classes(priors) if cls not in known]
        if missing:
            raise DataError(
                f'{priors.capability_path(name)} lacks {", ".join(missing[:5])}; run tools/sas/measure_capability.py first'
            )
        rows.append(capability_vector({c: one.value(priors.settings.per_image) for c, one in known.items()}, priors.names))
    return torch.stack(rows)


def _read(priors: Priors, name: str) -> dict[str, ClassCapability]:
    """What is known about an expert: our file, or else the published program's ``<expert>_miou.npy`` beside its place."""
    path = priors.capability_path(name)
    if not path.exists():
        array = path.with_name(f'{name}_miou.npy')
        values = read_npy(array) if array.exists() else np.zeros(0)
        if array.exists() and values.shape != (len(priors.names),):
            raise DataError(f'{array} has shape {values.shape}; expected one number for each of {len(priors.names)} classes')
        return {cls: ClassCapability(float(v), float(v)) for cls, v in zip(priors.names, values, strict=False)}
    content = read_json(path, 'delete it and measure again')
    try:
        return {name: ClassCapability(float(value['pooled']), float(value['per_image'])) for name, value in content.items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f'{path} holds no capabilities ({error}); delete it and measure again') from error


def _json(known: dict[str, ClassCapability]) -> str:
    return json.dumps({name: {'pooled': one.pooled, 'per_image': one.per_image} for name, one in known.items()}, indent=1)
