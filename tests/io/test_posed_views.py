"""Photos of scanners other than ScanNet's."""

import numpy as np
import pytest
from posed_frames import write_frames

from uniseg3d.io.images import write_jpeg, write_png
from uniseg3d.io.posed_views import lost_photos, read_posed_views
from uniseg3d.utils.errors import DataError
from uniseg3d.utils.files import write_text


def write(folder, names=('b_1', 'b_10', 'b_2'), numbers=9, depth=True):
    for i, name in enumerate(names):
        write_jpeg(folder / 'color' / f'{name}.jpg', np.full((8, 12, 3), 10 * i, dtype=np.uint8))
        if depth:
            write_png(folder / 'depth' / f'{name}.png', np.full((8, 12), 4000, dtype=np.uint16))
        pose = np.eye(4)
        pose[0, 3] = i
        write_text(folder / 'pose' / f'{name}.txt', ' '.join(map(str, pose.ravel())))
        camera = np.diag([5.0 + i, 5, 1, 1][: int(numbers**0.5)])
        write_text(folder / 'intrinsic' / f'{name}.txt', ' '.join(map(str, camera.ravel())))


@pytest.mark.parametrize('numbers', [9, 16])
def test_every_photo_has_its_camera(tmp_path, numbers):
    write(tmp_path, numbers=numbers)
    views = read_posed_views(tmp_path, depth_scale=4000.0)
    assert views.names == ['b_1', 'b_2', 'b_10'] and (views.depth == 1).all()
    assert views.intrinsics[:, 0, 0].tolist() == [5, 7, 6] and views.camera_to_world[:, 0, 3].tolist() == [0, 2, 1]
    assert len(read_posed_views(tmp_path, every=2, depth_scale=4000.0)) == 2


def test_without_depth_and_with_lost_cameras(tmp_path):
    write(tmp_path, depth=False)
    write_text(tmp_path / 'pose' / 'b_2.txt', '-inf ' * 16)
    views = read_posed_views(tmp_path, depth_scale=None)
    assert views.depth is None and views.names == ['b_1', 'b_10']
    for name in views.names:
        write_text(tmp_path / 'pose' / f'{name}.txt', 'nan ' * 16)
    with pytest.raises(DataError, match='none of 3 photos'):
        read_posed_views(tmp_path, depth_scale=None)


def test_photos_that_are_left_out_are_known(tmp_path):
    write(tmp_path)
    assert lost_photos(tmp_path) == []
    write_text(tmp_path / 'pose' / 'b_2.txt', '-inf ' * 16)
    (tmp_path / 'depth' / 'b_10.png').unlink()
    assert lost_photos(tmp_path) == ['b_2', 'b_10'] and lost_photos(tmp_path, with_depth=False) == ['b_2']
    assert read_posed_views(tmp_path, depth_scale=4000.0).names == ['b_1']
    (tmp_path / 'pose' / 'b_1.txt').unlink()
    with pytest.raises(DataError, match='none of 3 photos has a depth map and a finite pose'):
        read_posed_views(tmp_path, depth_scale=4000.0)


def test_frames_of_scannet_are_read_as_ever(tmp_path):
    write_frames(tmp_path / 'scene')
    assert len(read_posed_views(tmp_path / 'scene')) == 4


def test_photos_of_several_sizes(tmp_path):
    write(tmp_path, depth=False)
    write_jpeg(tmp_path / 'color' / 'b_1.jpg', np.zeros((4, 4, 3), dtype=np.uint8))
    with pytest.raises(DataError, match=r'different sizes: 1 \(b_1\) are not .* first of them is 4 x 4'):
        read_posed_views(tmp_path, depth_scale=None)
    write_text(tmp_path / 'intrinsic' / 'b_1.txt', '1 2 3')
    with pytest.raises(DataError, match='9 or 16'):
        write_jpeg(tmp_path / 'color' / 'b_1.jpg', np.zeros((8, 12, 3), dtype=np.uint8))
        read_posed_views(tmp_path, depth_scale=None)
