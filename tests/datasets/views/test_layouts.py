"""Every layout on a data set of two frames, written as its page describes it."""

from pathlib import Path

import numpy as np
import pytest
from view_files import CAMERA, SIZE, pose_at, text_matrix, write_walks
from view_layout_files import METRES, SCENES, SPLITS, write_color, write_dataset

from uniseg3d.datasets.views.benchmarks import _poses
from uniseg3d.datasets.views.files import exr_map
from uniseg3d.datasets.views.layouts import LAYOUTS, layout
from uniseg3d.datasets.views.reader import ViewReader
from uniseg3d.io.arrays import write_npy
from uniseg3d.io.images import write_png
from uniseg3d.utils.errors import ConfigError, DataError, FileFormatError, MissingPackageError


@pytest.mark.parametrize('kind', list(SCENES))
def test_a_data_set_is_read_as_it_was_written(kind: str, tmp_path: Path) -> None:
    reader = ViewReader(write_dataset(tmp_path / kind, kind), kind, SPLITS.get(kind, 'train'))
    scene, names, _ = SCENES[kind]
    assert reader.scenes == [scene] and reader.names(scene) == list(names)
    for number, name in enumerate(names):
        found = reader.read(scene, name)
        expected = pose_at(number)
        expected[:3, 3] *= 0.001 if kind == 'omniobject3d' else 1
        assert np.allclose(found.pose, expected) and np.allclose(found.view.intrinsics, CAMERA)
        assert abs(int(found.view.image.mean()) - 100 - number) <= 1
        depth = found.view.maps['depth']
        assert depth[0, 0] == 0 and np.allclose(depth[1:], METRES, atol=1e-3) and np.isfinite(depth).all()
        if LAYOUTS[kind].mask:
            assert (reader.read(scene, name, masked=True).view.maps['depth'][:, 4:] == 0).all()


def test_the_sky_and_what_is_too_far_are_marked(tmp_path: Path) -> None:
    root = write_dataset(tmp_path / 'vkitti2', 'vkitti2')
    write_png(root / 'Scene01/clone/Camera_0/00000_depth.png', np.full(SIZE, 65535, np.uint16))
    assert (ViewReader(root, 'vkitti2').read('Scene01/clone/Camera_0', '00000').view.maps['depth'] == -1).all()
    root = write_dataset(tmp_path / 'mvs_synth', 'mvs_synth')
    write_npy(root / '0001/depth/0001.npy', np.linspace(1, 2000, SIZE[0] * SIZE[1]).reshape(SIZE).astype(np.float32))
    depth = ViewReader(root, 'mvs_synth').read('0001', '0001').view.maps['depth']
    assert depth.max() <= 1000 and 0.4 < (depth == 0).mean() < 0.6


@pytest.mark.parametrize(('change', 'message'), [('pose', 'is no rigid motion'), ('focal', 'focal lengths must be positive')])
def test_cameras_that_cannot_be_are_refused_with_their_frame(tmp_path: Path, change: str, message: str) -> None:
    root = write_walks(tmp_path, scenes=1, frames=2)
    folder = root / 'frames/room0000_00'
    if change == 'pose':
        (folder / 'pose/1.txt').write_text('2 0 0 0  0 1 0 0  0 0 1 0  0 0 0 1')
    else:
        (folder / 'intrinsic/intrinsic_depth.txt').write_text('0 0 8 0  0 30 6 0  0 0 1 0  0 0 0 1')
    with pytest.raises(DataError, match=rf'1\.jpg.*{message}'):
        ViewReader(root, 'rooms').read('frames/room0000_00', '1')


def test_depth_of_another_size_is_brought_to_that_of_the_image(tmp_path: Path) -> None:
    root = write_walks(tmp_path, scenes=1, frames=1)
    write_png(root / 'frames/room0000_00/depth/0.png', np.full((12, 16), 1500, np.uint16))
    depth = ViewReader(root, 'rooms').read('frames/room0000_00', '0').view.maps['depth']
    assert depth.shape == SIZE and np.allclose(depth, 1.5)


def test_frames_of_scannet_as_our_tool_exports_them(tmp_path: Path) -> None:
    """Depth maps are smaller than the pictures, whose camera counts."""
    root = write_walks(tmp_path, scenes=1, frames=1)
    folder = root / 'frames/room0000_00'
    write_png(folder / 'depth/0.png', np.full((12, 16), 1500, np.uint16))
    camera = np.eye(4)
    camera[:3, :3] = CAMERA
    (folder / 'intrinsic/intrinsic_color.txt').write_text(text_matrix(camera))
    (folder / 'intrinsic/intrinsic_depth.txt').unlink()
    found = ViewReader(root, 'scannet_frames').read('frames/room0000_00', '0')
    assert np.allclose(found.view.intrinsics, CAMERA) and found.view.maps['depth'].shape == SIZE
    assert LAYOUTS['scannet_frames'].rule == LAYOUTS['scannet'].rule


def test_missing_data_and_unknown_layouts_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match='does not exist'):
        ViewReader(tmp_path / 'nothing', 'rooms')
    with pytest.raises(DataError, match='no scenes of the split'):
        ViewReader(tmp_path, 'spring')
    with pytest.raises(DataError, match=r'scannetv2_train\.txt is missing'):
        ViewReader(tmp_path, 'rooms')
    with pytest.raises(ConfigError, match="no layout is called 'room'"):
        layout('room')


def test_an_unreadable_exr_map_is_named_as_is_the_package_that_reads_them(tmp_path: Path) -> None:
    path = tmp_path / 'a.exr'
    with pytest.raises(DataError, match='no such file'):
        exr_map(path)
    path.write_bytes(b'no image')
    with pytest.raises((FileFormatError, MissingPackageError), match=r'a\.exr is not a readable|uniseg3d\[views\]'):
        exr_map(path)


def test_seven_scenes(tmp_path: Path) -> None:
    folder = tmp_path / 'chess/seq-03'
    write_png_pair(folder / 'frame-000000.color.png', folder / 'frame-000000.depth.proj.png')
    (folder / 'frame-000000.pose.txt').write_text(text_matrix(pose_at(2)))
    (tmp_path / 'chess/TestSplit.txt').write_text('sequence3\n')
    reader = ViewReader(tmp_path, '7scenes', 'test')
    assert reader.scenes == ['chess/seq-03'] and reader.names('chess/seq-03') == ['frame-000000']
    found = reader.read('chess/seq-03', 'frame-000000')
    assert np.allclose(found.pose, pose_at(2), atol=1e-5) and found.view.intrinsics[0].tolist() == [525, 0, 320]
    assert found.view.maps['depth'][0, 0] == 0 and np.allclose(found.view.maps['depth'][1:], METRES)


def test_nrgbd_turns_its_axes(tmp_path: Path) -> None:
    folder = tmp_path / 'kitchen'
    for number in (0, 10):
        write_png_pair(folder / f'images/img{number}.png', folder / f'depth/depth{number}.png')
    poses = [pose_at(number) @ np.diag([1, -1, -1, 1]) for number in range(11)]
    (folder / 'poses.txt').write_text('\n'.join(text_matrix(pose) for pose in poses))
    reader = ViewReader(tmp_path, 'nrgbd')
    assert reader.names('kitchen') == ['0', '10']
    assert np.allclose(reader.read('kitchen', '10').pose, pose_at(10), atol=1e-5)
    (folder / 'poses.txt').write_text('1 0 0 0\n0 1 0 0\n')
    _poses.cache_clear()  # no user's file changes while it is read
    with pytest.raises(FileFormatError, match='four rows of four numbers per frame'):
        reader.read('kitchen', '0')


def write_png_pair(color: Path, depth: Path) -> None:
    write_color(color, 0)
    values = np.full(SIZE, 2000, np.uint16)
    values[0, 0] = 65535
    write_png(depth, values)
