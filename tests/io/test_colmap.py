import numpy as np
import pytest
from geometry_samples import random_poses

from uniseg3d.io.colmap import read_colmap, write_colmap
from uniseg3d.io.colmap_model import MODELS, ColmapCamera, ColmapModel, ColmapPoints, ColmapView
from uniseg3d.utils.errors import DataError, FileFormatError

CAMERAS = """# Camera list
3 PINHOLE 640 480 500 510 320.5 240.5
7 OPENCV_FISHEYE 1752 1168 800 801 876 584 0.1 0.01 0.001 0.0001
9 SIMPLE_RADIAL 100 80 90 50 40 -0.05
"""
IMAGES = """# two lines each
12 1 0 0 0 0.5 -1 2 3 room one/frame 7.jpg
10.5 20.5 4 30 40 -1
4 0.7071067811865476 0 0 0.7071067811865476 0 0 0 9 b.png

"""
POINTS = """# points
4 1 2 3 255 0 7 0.5 12 0 4 3
1 -1 -2 -3 1 2 3 0.25
"""


@pytest.fixture
def folder(tmp_path):
    for name, text in (('cameras', CAMERAS), ('images', IMAGES), ('points3D', POINTS)):
        (tmp_path / f'{name}.txt').write_text(text)
    return tmp_path


def test_a_model_by_hand(folder):
    model = read_colmap(folder)
    assert model.cameras[3].intrinsics.tolist() == [[500, 0, 320], [0, 510, 240], [0, 0, 1]]
    assert model.cameras[7].distortion == (0.1, 0.01, 0.001, 0.0001) and model.cameras[3].distortion == ()
    assert model.cameras[9].intrinsics.tolist() == [[90, 0, 49.5], [0, 90, 39.5], [0, 0, 1]]
    assert (model.cameras[9].model, model.cameras[9].width, model.cameras[9].height) == ('SIMPLE_RADIAL', 100, 80)
    view = model.views[12]
    assert view.name == 'room one/frame 7.jpg' and view.camera == 3
    np.testing.assert_allclose(view.camera_to_world[:3], [[1, 0, 0, -0.5], [0, 1, 0, 1], [0, 0, 1, -2]])
    assert view.pixels.tolist() == [[10, 20], [29.5, 39.5]] and view.points.tolist() == [4, -1]
    # world-to-camera turns x to y, so the camera's x axis is the world's -y
    np.testing.assert_allclose(model.views[4].camera_to_world[:3, 0], [0, -1, 0], atol=1e-12)
    assert model.views[4].pixels.shape == (0, 2)
    points = model.points
    assert points.ids.tolist() == [4, 1] and points.xyz.tolist() == [[1, 2, 3], [-1, -2, -3]]
    assert points.rgb.tolist() == [[255, 0, 7], [1, 2, 3]] and points.error.tolist() == [0.5, 0.25]
    assert points.track_point.tolist() == [0, 0] and points.track_feature.tolist() == [[12, 0], [4, 3]]


def assert_same(first, second):
    assert first.cameras.keys() == second.cameras.keys() and first.views.keys() == second.views.keys()
    for number, camera in first.cameras.items():
        other = second.cameras[number]
        assert (camera.model, camera.width, camera.height) == (other.model, other.width, other.height)
        np.testing.assert_allclose(camera.intrinsics, other.intrinsics)
        assert camera.distortion == pytest.approx(other.distortion)
    for number, view in first.views.items():
        other = second.views[number]
        assert (view.name, view.camera, view.points.tolist()) == (other.name, other.camera, other.points.tolist())
        np.testing.assert_allclose(view.camera_to_world, other.camera_to_world, atol=1e-9)
        np.testing.assert_allclose(view.pixels, other.pixels)
    for name in ('ids', 'xyz', 'rgb', 'error', 'track_point', 'track_feature'):
        np.testing.assert_allclose(getattr(first.points, name), getattr(second.points, name))


def test_written_and_read_again(folder, tmp_path):
    model = read_colmap(folder)
    write_colmap(tmp_path / 'again', model)
    assert_same(read_colmap(tmp_path / 'again'), model)


def test_every_camera_model_survives(tmp_path):
    cameras = {}
    for number, (name, (count, focals)) in enumerate(MODELS.items()):
        down = 60.0 if focals == 1 else 61.0
        intrinsics = np.array([[60.0, 0, 31], [0, down, 23], [0, 0, 1]])
        cameras[number] = ColmapCamera(name, 64, 48, intrinsics, tuple(0.01 * i for i in range(count - focals - 2)))
    views = {i: ColmapView(f'{i}.png', i, pose.numpy()) for i, pose in enumerate(random_poses(len(cameras)))}
    points = ColmapPoints.of(np.random.default_rng(0).normal(size=(5, 3)), np.full((5, 3), 9, np.uint8))
    model = ColmapModel(cameras, views, points)
    write_colmap(tmp_path, model)
    assert_same(read_colmap(tmp_path), model)


def test_points_may_be_missing(folder):
    (folder / 'points3D.txt').unlink()
    assert len(read_colmap(folder).points) == 0


@pytest.mark.parametrize(
    ('file', 'text', 'message'),
    [
        (
            'cameras',
            '1 MAGIC 64 48 1 2 3',
            'line 1: expected "id model width height parameters" with a model of SIMPLE_PINHOLE',
        ),
        ('cameras', '1 PINHOLE 64 48 50 50 32', '4 words and 4 parameters of PINHOLE'),
        ('cameras', '1 PINHOLE 64 48 0 50 32 24', 'focal lengths positive'),
        ('cameras', '1 PINHOLE 64 48 50 nan 32 24', 'all finite'),
        ('cameras', '3 PINHOLE 640 480 500 510 320.5 240.5', 'image 4 (b.png) names camera 9'),
        ('images', '# none', 'holds no image'),
        ('images', '1 1 0 0 0 0 0 0 3', 'line 1: expected "id qw qx'),
        ('images', '1 0 0 0 0 0 0 0 3 a.png\n', 'not a unit quaternion'),
        ('images', '1 1 0 0 0 0 nan 0 3 a.png\n', 'line 1: expected "id qw qx'),
        ('images', '1 1 0 0 0 0 0 0 3 a.png\n1 2', 'line 2: expected triples'),
        ('points3D', '1 2 3', '"id x y z r g b error"'),
        ('points3D', '1 0 0 0 1 2 3 0.5 7', 'pairs "image feature"'),
        ('points3D', '1 0 0 0 1 2 3 0.5 7 x', 'pairs "image feature"'),
        ('points3D', '1 0 0 0 1 2 300 0.5', 'colours 0..255'),
    ],
)
def test_broken_files_name_the_line(folder, file, text, message):
    (folder / f'{file}.txt').write_text(text)
    with pytest.raises(DataError) as caught:
        read_colmap(folder)
    assert message in str(caught.value)


def test_other_bad_input(folder, tmp_path):
    with pytest.raises(DataError, match='expected a COLMAP model in text form'):
        read_colmap(tmp_path / 'nowhere')
    (folder / 'images.txt').write_bytes(b'\xff\xfe\x00')
    with pytest.raises(FileFormatError, match='model_converter'):
        read_colmap(folder)
    with pytest.raises(DataError, match='colours uint8'):
        ColmapPoints.of(np.zeros((2, 3)), np.zeros((2, 3)))
