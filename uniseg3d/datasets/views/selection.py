"""Which scenes and frames of a data set are used, where a folder does not tell."""

from collections.abc import Callable
from pathlib import Path

from uniseg3d.datasets.views.covisible_files import invalid_frames
from uniseg3d.utils.errors import DataError
from uniseg3d.utils.files import read_json

_ODYSSEY = """
cnb_dlab_0215_3rd cnb_dlab_0215_ego1 cnb_dlab_0225_3rd cnb_dlab_0225_ego1 dancing dancingroom0_3rd footlab_3rd footlab_ego1
footlab_ego2 girl girl_egocentric human_egocentric human_in_scene human_in_scene1 kg kg_ego1 kg_ego2 kitchen_gfloor
kitchen_gfloor_ego1 kitchen_gfloor_ego2 scene_carb_h_tables scene_carb_h_tables_ego1 scene_carb_h_tables_ego2 scene_j716_3rd
scene_j716_ego1 scene_j716_ego2 scene_recording_20210910_S05_S06_0_3rd scene_recording_20210910_S05_S06_0_ego2 scene1_0129
scene1_0129_ego seminar_h52_3rd seminar_h52_ego1 seminar_h52_ego2
""".split()
_MEGADEPTH_VALIDATION = ('0015', '0022')
_WAYMO_CAMERAS = ('1', '2', '3', '4')  # the fifth sees little but the car


def odyssey_scenes(root: Path, split: str) -> list[str]:
    """The scenes of PointOdyssey whose cameras and depths are sound."""
    return [f'{split}/{name}' for name in _ODYSSEY if (root / split / name).is_dir()]


def without_highres(root: Path, split: str) -> list[str]:
    """ARKitScenes without the scenes that its high-resolution twin, the folder ``<root>_highres`` beside it, also has."""
    twin = root.with_name(f'{root.name}_highres')
    if not twin.is_dir():
        raise DataError(f'{twin} is missing; it tells which scenes of {root} are to be left out: prepare both')
    known = {path.name for part in ('Training', 'Validation') for path in (twin / part).glob('*')}
    return [f'{split}/{path.name}' for path in sorted((root / split).glob('*')) if path.is_dir() and path.name not in known]


def training_worlds(pattern: str) -> Callable[[Path, str], list[str]]:
    """Virtual KITTI 2: all worlds but the last for training, that one for the rest."""

    def scenes(root: Path, split: str) -> list[str]:
        found = sorted(path.relative_to(root).as_posix() for path in root.glob(pattern) if path.is_dir())
        worlds = sorted({name.split('/')[0] for name in found})
        return [name for name in found if (name.split('/')[0] != worlds[-1]) == (split == 'train')]

    return scenes


def megadepth_scenes(pattern: str) -> Callable[[Path, str], list[str]]:
    """MegaDepth: two places are for validation, the others for training."""

    def scenes(root: Path, split: str) -> list[str]:
        found = sorted(path.relative_to(root).as_posix() for path in root.glob(pattern) if path.is_dir())
        return [name for name in found if name.startswith(_MEGADEPTH_VALIDATION) == (split != 'train')]

    return scenes


def waymo_names(folder: Path) -> list[str]:
    """Frames camera by camera, each in the order of time, without those that a list calls invalid."""
    invalid = invalid_frames(folder.parent / 'invalid_files.h5', folder.name)
    names = [path.stem for path in folder.glob('*_?.jpg')]
    kept = (name for name in names if name[-1] in _WAYMO_CAMERAS and f'{name[-1]}_{name[:-2]}' not in invalid)
    return sorted(kept, key=lambda name: (name[-1], name))


def waymo_camera(name: str) -> str:
    """The camera that took a frame."""
    return name[-1]


def omni_scale(folder: Path) -> float:
    """OmniObject3D states for each object how many of its units make a metre."""
    scales = read_json(folder.parent / 'scale.json', 'prepare the data set again')
    if folder.name not in scales:
        raise DataError(f'{folder.parent / "scale.json"} has no scale of {folder.name}; prepare the data set again')
    return 1 / (1000 * float(scales[folder.name]))
