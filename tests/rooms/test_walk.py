"""Walks: places where one can stand, steps as of a person, and files that a reader understands."""

from pathlib import Path

import numpy as np
import pytest

from uniseg3d.datasets.views.reader import ViewReader
from uniseg3d.geometry.se3 import rotation_angle
from uniseg3d.rooms.build import build_room
from uniseg3d.rooms.free_space import find_free_space
from uniseg3d.rooms.make_walks import SIZE, make_walks
from uniseg3d.rooms.walk import STEPS, draw_walk
from uniseg3d.utils.errors import ConfigError, DataError


def test_a_walk_stays_in_the_air_and_makes_small_steps():
    import torch

    space = find_free_space(build_room('room0003_00', 0, 'train'))
    poses = draw_walk(space, np.random.default_rng(0), 30)
    eyes = poses[:, :3, 3]
    assert space.is_free(eyes).mean() > 0.9 and (eyes[:, 2] > 1).all()
    assert np.linalg.norm(np.diff(eyes[:, :2], axis=0), axis=1).max() <= STEPS[1] + 1e-9
    turns = rotation_angle(torch.from_numpy(poses[:-1, :3, :3].transpose(0, 2, 1) @ poses[1:, :3, :3])).rad2deg()
    assert turns.median() < 12 and turns.max() < 40
    assert np.allclose(poses[:, :3, :3] @ poses[:, :3, :3].transpose(0, 2, 1), np.eye(3), atol=1e-12)


def test_files_are_complete_repeatable_and_readable(tmp_path: Path):
    for name in ('a', 'b'):
        make_walks(tmp_path / name, 1, 1, 2, seed=3)
    for path in sorted((tmp_path / 'a').rglob('*.*')):
        assert path.read_bytes() == (tmp_path / 'b' / path.relative_to(tmp_path / 'a')).read_bytes()
    for split in ('train', 'val'):
        reader = ViewReader(tmp_path / 'a', 'rooms', split)
        view = reader.read(reader.scenes[0], '1').view
        assert reader.names(reader.scenes[0]) == ['0', '1'] and view.image.shape == (*SIZE, 3)
        assert (view.maps['depth'] > 0).mean() > 0.5
    before = (tmp_path / 'a/frames/room0000_00').stat().st_mtime_ns
    make_walks(tmp_path / 'a', 1, 1, 2, seed=3)
    assert before == (tmp_path / 'a/frames/room0000_00').stat().st_mtime_ns


def test_labels_are_added_to_the_same_frames(tmp_path: Path):
    make_walks(tmp_path / 'a', 1, 0, 2)
    make_walks(tmp_path / 'b', 1, 0, 2, labels=True)
    make_walks(tmp_path / 'b', 1, 0, 2)  # nothing is lost
    frames = [path.relative_to(tmp_path / 'a') for path in (tmp_path / 'a/frames').rglob('*.*')]
    assert frames and all((tmp_path / 'a' / path).read_bytes() == (tmp_path / 'b' / path).read_bytes() for path in frames)
    make_walks(tmp_path / 'a', 1, 0, 2, labels=True)
    maps = 'frames/room0000_00/panoptic/1.png'
    assert (tmp_path / 'a' / maps).read_bytes() == (tmp_path / 'b' / maps).read_bytes()
    reader = ViewReader(tmp_path / 'b', 'rooms', labels=True)
    maps = [reader.read(reader.scenes[0], name).view.maps for name in ('0', '1')]
    classes = reader.classes(reader.scenes[0])
    seen = {(int(c), int(i)) for view in maps for c, i in zip(view['semantic'].flat, view['instance'].flat, strict=True)}
    known = {instance: classes[place] for place, instance in seen if place >= 0}
    assert {'wall', 'floor'} & set(known.values()) and len(known) == len(seen - {(-1, 0)})
    assert all(instance > 0 for instance in known)


def test_folders_of_others_are_left_alone(tmp_path: Path):
    (tmp_path / 'mine.txt').touch()
    with pytest.raises(DataError, match='neither empty nor a folder of walks'):
        make_walks(tmp_path, 1, 0, 1)
    make_walks(tmp_path / 'walks', 1, 0, 1)
    with pytest.raises(DataError, match='of the recipe'):
        make_walks(tmp_path / 'walks', 1, 0, 2)
    with pytest.raises(ConfigError, match='need a room and a frame'):
        make_walks(tmp_path / 'other', 0, 0, 1)
