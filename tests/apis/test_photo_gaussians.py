"""From photos to files, with a small network that has learned nothing."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from siu3r_models import config, small_model

from uniseg3d.apis.gaussian_files import FILE, GaussianFiles, estimated_poses, write_gaussian_scene
from uniseg3d.apis.photo_gaussians import PhotoCamera, gaussians_of_photos, load_gaussian_model, prepare_photos, read_photos
from uniseg3d.apis.photo_source import SourceFrame
from uniseg3d.geometry.camera_path import camera_path
from uniseg3d.io.gaussians import read_gaussians
from uniseg3d.io.images import read_color, write_jpeg
from uniseg3d.io.video import read_video
from uniseg3d.utils.errors import ConfigError, DataError

SIZE = 64


def photo(seed: int, height: int = 70, width: int = 90) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)


def turned(about: torch.Tensor) -> torch.Tensor:
    """Rotation [3, 3] about an axis, by its length."""
    x, y, z = about.tolist()
    return torch.linalg.matrix_exp(torch.tensor([[0, -z, y], [z, 0, -x], [-y, x, 0]]))


def frames(*seeds: int) -> list[SourceFrame]:
    return [SourceFrame(f'{place}.jpg', 0, photo(seed)) for place, seed in enumerate(seeds)]


def test_photos_are_cut_to_squares_and_cameras_follow() -> None:
    camera = PhotoCamera(90, 80, 45, 35)
    batch = prepare_photos(frames(0, 1), SIZE, camera).batch
    assert batch.images.shape == (1, 2, 3, SIZE, SIZE) and batch.names == [['0.jpg', '1.jpg']]
    scale = torch.tensor([int(SIZE * 90 / 70) / 90, SIZE / 70])
    torch.testing.assert_close(batch.intrinsics[0, 1].diagonal()[:2], scale * torch.tensor([90.0, 80]))
    torch.testing.assert_close(batch.intrinsics[0, 0, :2, 2], torch.tensor([31.5, 31.5]), rtol=0, atol=0.5)
    cut = prepare_photos(frames(0, 1), SIZE, PhotoCamera(90, 80, 32, 32, of_cut=True)).batch
    assert cut.intrinsics[0, 0].tolist() == [[90, 0, 31.5], [0, 80, 31.5], [0, 0, 1]]


def test_one_photo_and_the_same_photo_twice_are_refused() -> None:
    with pytest.raises(DataError, match='1 photo is left to look at; give two or more'):
        prepare_photos(frames(0), SIZE)
    with pytest.raises(DataError, match=r'1\.jpg is left out: it is the same picture as 0\.jpg'):
        prepare_photos(frames(0, 0), SIZE)


def test_a_photo_that_comes_twice_among_others_is_left_out() -> None:
    photos = prepare_photos(frames(0, 1, 0), SIZE)
    assert photos.batch.views == 2 and '2.jpg is left out' in photos.remarks[0]


def test_a_photo_that_cannot_be_read_is_named() -> None:
    broken = SourceFrame('b.jpg', 0, None, 'it is cut off')
    assert prepare_photos([*frames(0, 1), broken], SIZE).remarks == ['b.jpg is left out: it is cut off']


@pytest.mark.parametrize('size', [8, 50])
def test_sizes_that_do_not_divide(size: int) -> None:
    with pytest.raises(ConfigError, match=f'got size {size}'):
        prepare_photos(frames(0, 1), size)


def test_wrong_cameras_are_refused_by_the_network() -> None:
    photos = prepare_photos(frames(0, 1), SIZE, PhotoCamera(-3, 80, 32, 32, of_cut=True))
    with pytest.raises(DataError, match='focal lengths must be positive'):
        gaussians_of_photos(small_model(), photos.batch)


def test_photos_come_from_names_or_a_folder(tmp_path: Path) -> None:
    for number in (10, 9):
        write_jpeg(tmp_path / f'{number}.jpg', photo(number))
    assert [frame.name for frame in read_photos([tmp_path])] == ['9.jpg', '10.jpg']
    assert [frame.name for frame in read_photos([tmp_path / '10.jpg', tmp_path / '9.jpg'])] == ['10.jpg', '9.jpg']
    (tmp_path / 'note.txt').write_text('')
    with pytest.raises(DataError, match=r'note\.txt is no photo'):
        read_photos([tmp_path / '10.jpg', tmp_path / 'note.txt'])


def test_everything_is_written(tmp_path: Path) -> None:
    photos = prepare_photos(frames(0, 1), SIZE)
    scene = gaussians_of_photos(small_model(), photos.batch)
    remarks = write_gaussian_scene(tmp_path, scene, photos.batch.names[0], GaussianFiles(frames=3))
    assert remarks == []
    found = read_gaussians(tmp_path / FILE)
    assert len(found.gaussians) == 2 * SIZE * SIZE and not found.guessed
    torch.testing.assert_close(found.gaussians.means, scene.gaussians.means)
    cameras = json.loads((tmp_path / 'cameras.json').read_text())
    assert [camera['photo'] for camera in cameras] == ['0.jpg', '1.jpg']
    assert cameras[0]['camera_to_world'] == torch.eye(4).tolist()
    assert read_color(tmp_path / 'views' / '1_rgb.png').shape == (SIZE, SIZE, 3)
    assert {path.stem.split('_')[1] for path in (tmp_path / 'views').iterdir()} == {'rgb', 'depth', 'class', 'instance'}
    assert len(list((tmp_path / 'novel').glob('*_rgb.png'))) == 3
    assert len(list(read_video(tmp_path / 'novel' / 'rgb.mp4'))) == 3


def test_poses_follow_from_where_the_pixels_are() -> None:
    photos = prepare_photos(frames(0, 1), SIZE, PhotoCamera(60, 60, 32, 32, of_cut=True))
    scene = gaussians_of_photos(small_model(), photos.batch)
    rows, columns = torch.meshgrid(torch.arange(SIZE) * 1.0, torch.arange(SIZE) * 1.0, indexing='ij')
    depth = 2 + 0.3 * torch.sin(rows / 9) + 0.2 * torch.cos(columns / 7)
    local = torch.stack([(columns - 31.5) / 60 * depth, (rows - 31.5) / 60 * depth, depth], -1)
    turn, step = turned(torch.tensor([0.0, 0.2, 0.1])), torch.tensor([0.3, -0.1, 0.2])
    scene.gaussians.means = torch.cat([local.view(-1, 3), local.view(-1, 3) @ turn.mT + step])
    scene.gaussians.opacities = torch.full((2 * SIZE * SIZE,), 0.5)
    pose = estimated_poses(scene)[1]
    torch.testing.assert_close(pose[:3, :3], turn, rtol=0, atol=1e-3)
    torch.testing.assert_close(pose[:3, 3], step, rtol=0, atol=1e-3)


def test_a_path_goes_through_its_ends_and_turns_the_short_way() -> None:
    poses = torch.eye(4).repeat(2, 1, 1)
    poses[1, :3, :3] = turned(torch.tensor([0.0, 1.0, 0]))
    poses[1, 0, 3] = 2
    path = camera_path(poses, 5)
    torch.testing.assert_close(path[[0, -1]], poses, rtol=0, atol=1e-6)
    torch.testing.assert_close(path[2, :3, :3], turned(torch.tensor([0.0, 0.5, 0])), rtol=0, atol=1e-4)
    assert path[:, 0, 3].tolist() == pytest.approx([0, 0.5, 1, 1.5, 2])
    torch.testing.assert_close(camera_path(poses[:1], 2), poses[:1].expand(2, 4, 4))


def test_models_come_from_a_config_and_a_file(tmp_path: Path) -> None:
    model = small_model(seed=3)
    Config({'model': {'type': 'SIU3R', **config()}}).dump(tmp_path / 'model.py')
    torch.save({'state_dict': model.state_dict()}, tmp_path / 'weights.pth')
    loaded = load_gaussian_model(tmp_path / 'weights.pth', tmp_path / 'model.py')
    assert not loaded.training
    assert all(torch.equal(value, loaded.state_dict()[name]) for name, value in model.state_dict().items())
    Config({'model': {'type': 'DUSt3R'}}).dump(tmp_path / 'other.py')
    with pytest.raises(ConfigError, match='describes a DUSt3R'):
        load_gaussian_model(tmp_path / 'weights.pth', tmp_path / 'other.py')
