"""Pictures of single objects in otherwise empty rooms: what an expert's skill at a class is measured on."""

import warnings
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from scipy import ndimage

from uniseg3d.io.images import write_jpeg, write_png
from uniseg3d.io.scannet import read_label_map
from uniseg3d.rooms.build import build_room
from uniseg3d.rooms.cameras import camera_pose, intrinsic_matrix, walkable
from uniseg3d.rooms.frame_writer import LABEL_MAP
from uniseg3d.rooms.free_space import find_free_space
from uniseg3d.rooms.raster import rasterize
from uniseg3d.rooms.scan import render
from uniseg3d.rooms.scene import Frames, Room
from uniseg3d.text.class_lists import class_list, meta_path
from uniseg3d.utils.errors import DataError
from uniseg3d.utils.progress import track

SIZE, PREVIEW = (120, 160), (24, 32)  # height, width
SHELL = ('wall', 'floor', 'ceiling')
BEST_SHARE = 0.3  # of the picture that an object should fill
PLACES = 24  # that a photographer tries
MOST_ROOMS = 600
NUMBERS = 64  # instance numbers of one picture
SEED = 7919  # these rooms are none of the data set's


@dataclass(frozen=True, eq=False)
class ClassPicture:
    """One picture and what a painter would know of it."""

    color: np.ndarray  # [H, W, 3] uint8
    label: np.ndarray  # [H, W] uint16, ScanNet's label ids, 0 = none
    instance: np.ndarray  # [H, W] uint16, object number, 0 = none
    rough: np.ndarray  # [H, W] uint8, 255 where the class seems to be


def make_class_pictures(folder: str | Path, classes: str, count: int, seed: int = 0) -> dict[str, int]:
    """Write ``count`` pictures of each class that rooms know below ``folder``/<class>; returns how many each class has.

    ``color/N.jpg``, ``label/N.png``, ``instance/N.png`` as frames have them, and ``rough/N.png``, a mask with a blurred and
    trembling border. Pictures that are there are kept.
    """
    names = class_list(classes).names
    made = {name: pictures_in(Path(folder) / folder_name(name)) for name in names}
    for index in track(range(MOST_ROOMS), 'drawing pictures'):
        if min(made.values()) >= count:
            break
        room = build_room(f'picture{index:04d}_00', seed + SEED, 'train')
        rng = np.random.default_rng([seed, index])
        wanted = [name for name in _shown(room, classes) if made[name] <= index and made[name] < count]
        places = _places(room) if wanted else None
        if places is None:
            continue
        for name in wanted:
            picture = _picture(room, places, name, classes, made[name], rng)
            if picture is not None:
                _write(Path(folder) / folder_name(name), made[name], picture)
                made[name] += 1
    missing = [name for name, number in made.items() if number < count]
    if missing:
        warnings.warn(f'rooms show too few of {", ".join(missing)}; their capability is measured on less', stacklevel=2)
    return made


def folder_name(name: str) -> str:
    """Folder of a class."""
    return name.replace(' ', '_')


def pictures_in(folder: Path) -> int:
    """Number of complete pictures."""
    count = 0
    while (folder / 'color' / f'{count}.jpg').exists():
        count += 1
    return count


def _write(folder: Path, number: int, picture: ClassPicture) -> None:
    for part in ('label', 'instance', 'rough'):
        write_png(folder / part / f'{number}.png', getattr(picture, part))
    write_jpeg(folder / 'color' / f'{number}.jpg', picture.color)  # last: its presence says that the picture is complete


@cache
def _class_of(classes: str) -> dict[str, str]:
    """Class name of each raw category."""
    listed = class_list(classes)
    names = dict(zip(listed.raw_ids, listed.names, strict=True))
    nyu40 = read_label_map(meta_path(LABEL_MAP), 'nyu40id')
    return {category: names[number] for category, number in nyu40.items() if number in names}


def _shown(room: Room, classes: str) -> list[str]:
    """Classes of the objects of a room."""
    known = _class_of(classes)
    found = {known.get(thing.raw_category or '') for thing in room.objects}
    return sorted(name for name in found if name is not None)


def _places(room: Room) -> np.ndarray | None:
    """Where a photographer can stand [N, 2]."""
    try:
        return walkable(find_free_space(room))
    except DataError:
        return None


def _picture(
    room: Room, places: np.ndarray, name: str, classes: str, number: int, rng: np.random.Generator
) -> ClassPicture | None:
    """A large view of one object of a class, alone between the walls; None where no place shows it well."""
    known = _class_of(classes)
    own = [thing.object_id for thing in room.objects if known.get(thing.raw_category or '') == name]
    chosen = int(rng.choice(own))
    shell = [thing.object_id for thing in room.objects if thing.raw_category in SHELL]
    bare = _only(room, [*shell, chosen] if name not in SHELL else shell)
    wanted = own if name in SHELL else [chosen]
    pose = _best_pose(bare, places, wanted, rng)
    if pose is None:
        return None
    frames = render(bare, pose[None], intrinsic_matrix(SIZE, 65.0), SIZE, rng)
    return _painted(bare, frames, wanted, number, rng)


def _only(room: Room, objects: list[int]) -> Room:
    kept = np.isin(room.face_object, objects)
    parts = {part: getattr(room, part)[kept] for part in ('faces', 'face_object', 'face_material', 'face_frame')}
    return replace(room, **parts)


def _best_pose(room: Room, places: np.ndarray, wanted: list[int], rng: np.random.Generator) -> np.ndarray | None:
    """Of some places the one from which the object fills about as much of the picture as it should [4, 4]."""
    corners = room.vertices[np.unique(room.faces[np.isin(room.face_object, wanted)])]
    eyes = np.column_stack([places[rng.integers(len(places), size=PLACES)], rng.uniform(1.2, 1.8, PLACES)])
    target = corners[rng.integers(len(corners), size=PLACES)] * 0.3 + corners.mean(0) * 0.7
    poses = np.stack([_looking(eye, at, rng) for eye, at in zip(eyes, target, strict=True)])
    _, face = rasterize(room.vertices, room.faces, intrinsic_matrix(PREVIEW, 65.0), poses, PREVIEW)
    shares = (np.isin(room.face_object, wanted)[face] & (face >= 0)).mean(axis=(1, 2))
    best = int(np.abs(shares - BEST_SHARE).argmin())
    return poses[best] if shares[best] > 0.02 else None


def _looking(eye: np.ndarray, at: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    x, y, z = at - eye
    return camera_pose(eye, float(np.arctan2(y, x)), float(np.degrees(np.arctan2(-z, np.hypot(x, y)))), rng.normal(0, 2))


def _painted(room: Room, frames: Frames, wanted: list[int], number: int, rng: np.random.Generator) -> ClassPicture:
    ids = read_label_map(meta_path(LABEL_MAP), 'id')
    labels = np.array([ids.get(thing.raw_category or '', 0) for thing in room.objects] + [0])
    face = frames.face[0]
    thing = np.where(face >= 0, room.face_object[face], -1)
    instance = np.where(thing >= 0, number * NUMBERS + thing % (NUMBERS - 1) + 1, 0)
    blurred = ndimage.gaussian_filter(np.isin(thing, wanted).astype(np.float32), 3)
    trembling = ndimage.gaussian_filter(rng.standard_normal(face.shape), 6)
    rough = blurred + 0.15 * trembling / trembling.std() > 0.5
    return ClassPicture(
        frames.color[0], labels[thing].astype(np.uint16), instance.astype(np.uint16), 255 * rough.astype(np.uint8)
    )
