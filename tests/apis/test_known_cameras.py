"""What is known about cameras is used where it can be, refused where it would mean nothing, and never costs the result."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from reconstructed_photos import CONFIGS, OPTIONS, ROOT, folder_of, frames, photo, tiny

from uniseg3d.apis.known_cameras import photo_matrix, pinhole
from uniseg3d.apis.photo_source import SourceFrame, frame_names
from uniseg3d.apis.reconstruct import check_cameras, reconstruct
from uniseg3d.apis.reconstruction import write_reconstruction
from uniseg3d.commands.reconstruct import main
from uniseg3d.io.colmap import _no_points
from uniseg3d.io.colmap_model import ColmapCamera, ColmapModel, ColmapView
from uniseg3d.utils.errors import ConfigError, DataError

LENS = pinhole(60, 61, 31.5, 23.5)


@pytest.fixture(scope='module')
def stream_model() -> torch.nn.Module:
    return tiny('Point3R')


def known_at(poses: np.ndarray, lens: np.ndarray = LENS) -> ColmapModel:
    views = {i: ColmapView(f'{i}.jpg', 1, pose) for i, pose in enumerate(poses)}
    return ColmapModel({1: ColmapCamera('PINHOLE', 64, 48, lens)}, views, _no_points())


def test_a_stream_is_moved_to_known_cameras(stream_model):
    free = reconstruct(stream_model, frames(4), OPTIONS, say=lambda _: None)
    poses = free.poses.numpy().copy()
    poses[:, :3, 3] = 2 * poses[:, :3, 3] + 5
    camera = ColmapCamera('PINHOLE', 64, 48, np.diag([50.0, 50.0, 1]))
    views = {i: ColmapView(f'{i}.jpg', 1, poses[i]) for i in range(4)}
    known = ColmapModel({1: camera}, views, _no_points())
    moved = reconstruct(stream_model, frames(4), OPTIONS, known, say=lambda _: None)
    assert np.allclose(moved.poses, poses, atol=1e-3) and np.allclose(moved.points, 2 * free.points + 5, atol=1e-2)


@pytest.mark.parametrize(
    ('camera', 'message'),
    [
        (ColmapCamera('PINHOLE', 64, 96, np.eye(3)), '64 x 96'),
        (ColmapCamera('SIMPLE_RADIAL', 64, 48, np.eye(3), (0.1,)), 'undistorted'),
    ],
)
def test_known_cameras_of_other_shapes_or_with_distortion_are_refused(camera: ColmapCamera, message: str):
    with pytest.raises(DataError, match=message):
        photo_matrix(SourceFrame('a.jpg', 0.0, photo(0)), camera)


def test_photos_may_be_smaller_copies_of_what_their_camera_took():
    matrix = np.array([[100.0, 0, 63.5], [0, 100, 47.5], [0, 0, 1]])
    found = photo_matrix(SourceFrame('a.jpg', 0.0, photo(0)), ColmapCamera('PINHOLE', 128, 96, matrix))
    assert np.allclose(found, [[50, 0, 31.5], [0, 50, 23.5], [0, 0, 1]])


def test_cameras_that_place_nothing_are_refused_before_the_work(stream_model, tmp_path: Path):
    names = frame_names(folder_of(tmp_path / 'photos', 4))
    assert names == ['0.png', '1.png', '2.png', '3.png']
    pose = np.eye(4)
    views = {i: ColmapView(f'{i}.png', 1, pose) for i in (1, 2)}
    few = ColmapModel({1: ColmapCamera('PINHOLE', 64, 48, np.eye(3))}, views, _no_points())
    check_cameras(tiny('DUSt3R'), few, names)
    with pytest.raises(DataError, match='2 known cameras are too few'):
        check_cameras(stream_model, few, names)
    with pytest.raises(DataError, match=r'no frame is called .* such as 1\.png, 2\.png'):
        check_cameras(stream_model, few, ['other.png'])


@pytest.mark.parametrize('count', [1, 2, 3])
def test_pairs_keep_to_intrinsics_that_are_known_alone(count: int):
    scene = reconstruct(tiny('DUSt3R'), frames(count), OPTIONS, say=lambda _: None, intrinsics=LENS)
    assert len(scene.views) == count and all(np.allclose(view.intrinsics, LENS, atol=1e-3) for view in scene.views)


def test_a_camera_of_its_own_comes_before_the_one_of_all():
    own = known_at(np.eye(4)[None], pinhole(80, 80, 31.5, 23.5))
    scene = reconstruct(tiny('DUSt3R'), frames(2), OPTIONS, own, say=lambda _: None, intrinsics=LENS)
    assert [round(float(view.intrinsics[0, 0])) for view in scene.views] == [80, 60]


def test_intrinsics_that_cannot_be_or_cannot_be_used_are_refused(stream_model, tmp_path: Path):
    with pytest.raises(ConfigError, match='Point3R finds focal lengths itself'):
        reconstruct(stream_model, frames(2), OPTIONS, say=lambda _: None, intrinsics=LENS)
    with pytest.raises(DataError, match=r'0\.jpg has 64 x 48 pixels, in which the known principal point \(320, 240\)'):
        reconstruct(tiny('DUSt3R'), frames(1), OPTIONS, say=lambda _: None, intrinsics=pinhole(500, 500, 320, 240))
    torch.save({'state_dict': tiny('DUSt3R').state_dict()}, tmp_path / 'a.pth')
    asked = [str(folder_of(tmp_path / 'photos', 2)), '--weights', str(tmp_path / 'a.pth')]
    asked += ['--config', str(ROOT / CONFIGS['DUSt3R']), '--size', '64', '--out', str(tmp_path / 'out')]
    with pytest.raises(DataError, match='known intrinsics: focal lengths must be positive, got 0'):
        main([*asked, '--intrinsics', '0', '60', '32', '24'])
    main([*asked, '--intrinsics', '60', '60', '32', '24'])  # COLMAP counts from the corner of the first pixel
    assert ' 60 60 32.5 24.5' in (tmp_path / 'out' / 'colmap' / 'cameras.txt').read_text()


def test_known_cameras_that_turn_out_too_few_cost_nothing_but_the_place(stream_model, tmp_path: Path):
    """Two of three known frames cannot be read, which only the work shows."""
    poses = np.tile(np.eye(4), (3, 1, 1))
    poses[:, :2, 3] = [[0, 0], [1, 0], [1, 1]]
    lost = [SourceFrame(f'{i}.jpg', float(i), None, 'it is truncated') for i in (1, 2)]
    said: list[str] = []
    scene = reconstruct(
        stream_model, [frames(1)[0], *lost, SourceFrame('3.jpg', 3.0, photo(3))], OPTIONS, known_at(poses), say=said.append
    )
    write_reconstruction(tmp_path, scene)
    assert len(scene.views) == 2 and 'known cameras cannot place it' in said[-1]
    assert json.loads((tmp_path / 'report.json').read_text())['notes'] == scene.notes
