"""The layouts that depths and poses are measured on, each on a data set of few frames, and the way from files to numbers."""

from pathlib import Path

import numpy as np
import pytest
import torch
from view_benchmark_files import TAG, WRITERS, metres, pose_at, write_bonn, write_nyu, write_scannet, write_sintel, write_tum
from view_files import CAMERA

from uniseg3d.datasets.views import ViewSequenceDataset
from uniseg3d.datasets.views.depth_benchmarks import _poses, sintel_depth
from uniseg3d.datasets.views.reader import ViewReader
from uniseg3d.utils.errors import DataError, FileFormatError

DEPTHS = {
    'sintel': 'training/final/alley_2', 'bonn': 'rgbd_bonn_balloon2', 'kitti': 'image_gathered/drive_02', 'nyu': 'nyu_images'
}  # fmt: skip


@pytest.mark.parametrize('kind', list(DEPTHS))
def test_depths_are_read_as_they_were_written(kind: str, tmp_path: Path) -> None:
    reader, scene = ViewReader(WRITERS[kind](tmp_path), kind, 'test'), DEPTHS[kind]
    assert reader.scenes == [scene]
    for number, name in enumerate(reader.names(scene)):
        found = reader.read(scene, name)
        assert np.allclose(found.view.maps['depth'], metres(number), atol=1e-3)
        assert abs(int(found.view.image.mean()) - 100 - number) <= 1
        assert np.isnan(found.pose).all() == np.isnan(found.view.intrinsics).all() == (kind != 'sintel')


def test_sintel_has_cameras_and_a_choice_of_scenes(tmp_path: Path) -> None:
    reader = ViewReader(write_sintel(tmp_path), 'sintel', 'all')
    assert reader.scenes == ['training/final/alley_1', 'training/final/alley_2']
    found = reader.read('training/final/alley_1', 'frame_0002')
    assert np.allclose(found.pose, pose_at(1)) and np.allclose(found.view.intrinsics, CAMERA)


@pytest.mark.parametrize(('kind', 'write'), [('tum', write_tum), ('scannet_90', write_scannet)])
def test_poses_are_read_line_by_line(kind: str, write, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    reader = ViewReader(write(tmp_path), kind)
    (scene,) = reader.scenes
    for number, name in enumerate(reader.names(scene)):
        found = reader.read(scene, name)
        assert np.allclose(found.pose, pose_at(number), atol=1e-5)
        assert np.isnan(found.view.intrinsics).all() and 'depth' not in found.view.maps


def test_files_that_do_not_belong_together_are_named(tmp_path: Path) -> None:
    root = write_bonn(tmp_path / 'bonn')
    next((root / 'rgbd_bonn_balloon2/depth_110').iterdir()).unlink()
    with pytest.raises(DataError, match='2 images, but 1 files'):
        ViewReader(root, 'bonn').read('rgbd_bonn_balloon2', '15480.0')
    root = write_tum(tmp_path / 'tum')
    path = root / 'rgbd_dataset_freiburg3_sitting_xyz/groundtruth_90.txt'
    path.write_text('\n'.join(path.read_text().splitlines()[:2]))
    _poses.cache_clear()
    with pytest.raises(DataError, match='3 images, but 2 poses'):
        ViewReader(root, 'tum').read(path.parent.name, '1341845.0')


@pytest.mark.parametrize('content', [b'', b'abcd', TAG, TAG + np.array([2, 2], '<i4').tobytes() + b'1234'])
def test_damaged_depths_of_sintel_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / 'a.dpt').write_bytes(content)
    with pytest.raises(FileFormatError, match=r'a\.dpt'):
        sintel_depth(tmp_path / 'a.dpt')


def sequences(root: Path, layout: str, **fields: object) -> ViewSequenceDataset:
    pipeline = [{'type': 'FitViews', 'crop': False}, {'type': 'PackViews'}]
    given = {'pipeline': pipeline, 'resolutions': [(64, 48)], 'test_mode': True, 'split': 'test'} | fields
    return ViewSequenceDataset(str(root), layout, **given)  # type: ignore[arg-type]


def test_a_scene_of_depths_is_one_sequence_with_the_truth_at_its_own_size(tmp_path: Path) -> None:
    sample = sequences(write_sintel(tmp_path, size=(40, 100)), 'sintel', whole_scenes=1)[0]
    assert sample.scene_ids == ['alley_2'] and sample.images.shape == (1, 3, 3, 16, 64)  # 25.6 rows are one patch of 16
    assert sample.full_depth is not None and sample.full_depth.shape == (1, 3, 40, 100)
    assert sample.depth is not None and sample.depth.shape == (1, 3, 16, 64) and sample.camera_to_world is not None
    assert torch.equal(sample.select([1]).full_depth, sample.full_depth[:, 1:2])


def test_every_image_alone_and_poses_without_cameras(tmp_path: Path) -> None:
    alone = sequences(write_nyu(tmp_path / 'nyu'), 'nyu', views=1)
    assert len(alone) == 2 and alone[1].views == 1 and alone[1].camera_to_world is None and alone[1].intrinsics is None
    walk = sequences(write_tum(tmp_path / 'tum', size=(48, 64)), 'tum', whole_scenes=1)[0]
    assert walk.depth is None and walk.intrinsics is None and walk.full_depth is None
    assert torch.allclose(walk.camera_to_world[0, 2].double(), torch.from_numpy(pose_at(2)), atol=1e-5)
