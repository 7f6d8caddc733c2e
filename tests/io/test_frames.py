"""Posed frames of a scan from its folders."""

import numpy as np
import posed_frames as scan
import pytest
import torch

from uniseg3d.geometry.projection import find_visible
from uniseg3d.io.frames import frame_names, read_matrix, read_views
from uniseg3d.io.images import write_jpeg, write_png
from uniseg3d.utils.errors import DataError, FileFormatError


@pytest.fixture
def folder(tmp_path):
    scan.write_frames(tmp_path / 'room')
    return tmp_path / 'room'


def test_what_was_written_comes_back(folder):
    views = read_views(folder, instances=True)
    assert (len(views), views.scene_id, views.names) == (4, 'room', ['0', '1', '2', '3'])
    assert views.images.shape == (4, 48, 64, 3) and views.depth[3].unique().tolist() == [4.0]
    np.testing.assert_allclose(views.camera_to_world[2].numpy(), scan.camera(2))
    assert torch.equal(views.instance[1], torch.from_numpy(scan.boxes_at(scan.ground(1))))


def test_points_fall_on_pixels_of_their_own_object(folder):
    views, (points, boxes) = read_views(folder, instances=True), scan.floor_points()
    found = find_visible(
        torch.from_numpy(points), views.camera_to_world, views.intrinsics, scan.SIZE, views.depth, tolerance=0.01, border=0
    )
    agree = views.instance[found.view, found.row, found.column] == torch.from_numpy(boxes)[found.point]
    assert len(found) > 2000 and agree.float().mean() > 0.97
    assert agree[torch.from_numpy(boxes)[found.point] >= 0].float().mean() > 0.9


def test_some_frames_in_the_order_of_their_numbers(folder):
    for part, suffix in (('color', 'jpg'), ('depth', 'png'), ('pose', 'txt')):
        (folder / part / f'1.{suffix}').rename(folder / part / f'10.{suffix}')
    assert frame_names(folder) == ['0', '2', '3', '10']
    assert read_views(folder, every=2).names == ['0', '3']


def test_frames_without_a_camera_are_left_out(folder):
    (folder / 'pose' / '1.txt').write_text(' '.join(['-inf'] * 16))
    assert read_views(folder).names == ['0', '2', '3']
    for name in ('0', '2', '3'):
        (folder / 'pose' / f'{name}.txt').write_text(' '.join(['-inf'] * 16))
    with pytest.raises(DataError, match='none of 4 frames has a finite pose'):
        read_views(folder)


def test_a_frame_that_lacks_a_file_is_no_frame(folder):
    (folder / 'depth' / '2.png').unlink()
    assert frame_names(folder) == ['0', '1', '3']


def test_pictures_come_at_the_size_of_the_depth(folder):
    write_jpeg(folder / 'color' / '0.jpg', np.full((96, 128, 3), 90, dtype=np.uint8))
    write_png(folder / 'instance' / '0.png', np.full((96, 128), 3, dtype=np.uint16))
    views = read_views(folder, instances=True)
    assert views.images[0].float().mean() == 90 and views.instance[0].unique().tolist() == [2]


@pytest.mark.parametrize(('text', 'said'), [('1 2 3', 'holds 3 numbers'), ('one', 'does not hold numbers')])
def test_a_matrix_that_is_none(folder, text, said):
    (folder / 'pose' / '0.txt').write_text(text)
    with pytest.raises(FileFormatError, match=said):
        read_matrix(folder / 'pose' / '0.txt')


def test_sizes_that_differ_and_files_that_are_not_there(folder, tmp_path):
    write_png(folder / 'depth' / '1.png', np.ones((10, 10), dtype=np.uint16))
    with pytest.raises(DataError, match='different sizes'):
        read_views(folder)
    (folder / 'intrinsic' / 'intrinsic_depth.txt').unlink()
    with pytest.raises(DataError, match='has none of'):
        read_views(folder, every=2)
    with pytest.raises(DataError, match='holds no frame'):
        frame_names(tmp_path)
