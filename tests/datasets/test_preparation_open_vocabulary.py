"""Matterport3D, nuScenes and OpenScene's processed scenes become the prepared layout."""

import json

import numpy as np
import pytest
import torch

from uniseg3d.datasets.preparation.matterport import create_matterport, majority
from uniseg3d.datasets.preparation.nuscenes import CAMERAS, create_nuscenes, lidarseg_table
from uniseg3d.datasets.preparation.openscene import create_openscene
from uniseg3d.io.arrays import read_bin
from uniseg3d.io.images import write_jpeg
from uniseg3d.io.infos import read_infos
from uniseg3d.io.posed_views import read_posed_views
from uniseg3d.text.class_lists import class_list
from uniseg3d.transforms.map_semantic import MapSemantic
from uniseg3d.utils.errors import DataError, FileFormatError

HEADER = """ply
format ascii 1.0
element vertex 4
property float x
property float y
property float z
property uchar red
property uchar green
property uchar blue
element face 2
property list uchar int vertex_indices
property int category_id
end_header
"""


MAPPING = 'index\tnyu40id\tnyuClass\n1\t5\tottoman\n2\t22\tsomething rare\n'


def semantic(out, scene, folder='semantic_mask'):
    return read_bin(out / folder / f'{scene}.bin', np.int64)


def test_regions_of_matterport(tmp_path):
    folder = tmp_path / 'house' / 'region_segmentations'
    folder.mkdir(parents=True)
    vertices = '\n'.join(f'{x} {y} 0 9 9 9' for x, y in ((0, 0), (1, 0), (0, 1), (1, 1)))
    (folder / 'region0.ply').write_text(f'{HEADER}{vertices}\n3 0 1 2 1\n3 1 2 3 2\n')
    (tmp_path / 'category_mapping.tsv').write_text(MAPPING)
    (tmp_path / 'scenes_train.txt').write_text('house\n')
    made = create_matterport(tmp_path, tmp_path / 'out')
    assert not made.faults and [info.scene_id for info in read_infos(made.info_files[0])] == ['house_region0']
    assert semantic(tmp_path / 'out', 'house_region0').tolist() == [5, 5, 5, 22]
    fine = semantic(tmp_path / 'out', 'house_region0', 'semantic_mask_160')
    assert [class_list('matterport3d.k160').names[i] if i < 160 else None for i in fine] == ['ottoman', None, None, None]


@pytest.mark.parametrize('count', [40, 80, 160])
def test_fine_labels_of_matterport_serve_all_its_longer_lists(count):
    labels = np.array([0, 39, 79, 159, 160])
    mapped = MapSemantic(f'matterport3d.k{count}', largest_id=160)({'semantic': labels})['semantic']
    assert mapped.tolist() == [one if one < count else count for one in labels]


def test_most_faces_decide():
    assert majority(np.array([0, 0, 0, 2]), np.array([7, 3, 7, 1]), 4).tolist() == [7, 0, 1, 0]
    assert majority(np.zeros(0, int), np.zeros(0, int), 2).tolist() == [0, 0]


def test_matterport_without_its_lists(tmp_path):
    with pytest.raises(DataError, match=r'category_mapping\.tsv does not exist'):
        create_matterport(tmp_path, tmp_path / 'out')
    (tmp_path / 'category_mapping.tsv').write_text('a\tb\n1\t2\n')
    with pytest.raises(FileFormatError, match='index and nyu40id'):
        create_matterport(tmp_path, tmp_path / 'out')


def write_nuscenes(root):
    still = {'rotation': [1, 0, 0, 0], 'translation': [0, 0, 0]}
    turned = {'rotation': [0.5**0.5, 0, 0, 0.5**0.5], 'translation': [1, 2, 3]}  # a quarter about z
    channels = ['LIDAR_TOP', *CAMERAS]
    numbers = range(len(channels))
    camera = np.diag([9.0, 9, 1]).tolist()
    frame = {'sample_token': 'k', 'ego_pose_token': 'e', 'is_key_frame': True}
    files = ['sweep.bin', *(f'{channel}.jpg' for channel in CAMERAS)]
    tables = {
        'scene': [{'token': 's', 'name': 'scene-0001'}],
        'sample': [{'token': 'k', 'scene_token': 's'}],
        'sensor': [{'token': f'sensor{i}', 'channel': channels[i]} for i in numbers],
        'calibrated_sensor': [
            {'token': f'c{i}', 'sensor_token': f'sensor{i}', 'camera_intrinsic': camera} | (turned if i else still)
            for i in numbers
        ],
        'ego_pose': [{'token': 'e', **still}],
        'sample_data': [{'token': f'd{i}', 'calibrated_sensor_token': f'c{i}', 'filename': files[i], **frame} for i in numbers],
        'lidarseg': [{'sample_data_token': 'd0', 'filename': 'labels.bin'}],
    }
    (root / 'v1.0-mini').mkdir()
    (root / 'splits').mkdir()
    for name, rows in tables.items():
        (root / 'v1.0-mini' / f'{name}.json').write_text(json.dumps(rows))
    (root / 'splits' / 'val.txt').write_text('scene-0001\n')
    np.arange(15, dtype=np.float32).tofile(root / 'sweep.bin')
    np.array([17, 24, 31], dtype=np.uint8).tofile(root / 'labels.bin')
    for channel in CAMERAS:
        write_jpeg(root / f'{channel}.jpg', np.zeros((6, 8, 3), dtype=np.uint8))


def test_sweeps_of_nuscenes(tmp_path):
    write_nuscenes(tmp_path)
    made = create_nuscenes(tmp_path, tmp_path / 'out')
    (info,) = read_infos(made.info_files[1])
    assert not made.faults and info.scene_id == 'scene-0001_k' and info.num_points == 3
    assert semantic(tmp_path / 'out', info.scene_id).tolist() == [3, 10, 16]  # car, drivable surface, the own car
    assert read_bin(tmp_path / 'out' / 'super_points' / f'{info.scene_id}.bin', np.int64).tolist() == [0, 1, 2]
    views = read_posed_views(tmp_path / 'out' / 'frames' / info.scene_id, depth_scale=None)
    assert len(views) == 6 and views.depth is None and views.intrinsics[0, 0, 0] == 9
    pose = views.camera_to_world[0]
    assert pose[:3, 3].tolist() == [1, 2, 3] and pose[:2, 0].round().tolist() == [0, 1]


def test_what_nuscenes_does_not_count(tmp_path):
    table = lidarseg_table()
    assert table[[0, 1, 31, 200]].tolist() == [16] * 4 and sorted(set(table.tolist())) == list(range(17))
    with pytest.raises(DataError, match='unpack the metadata'):
        create_nuscenes(tmp_path, tmp_path)


@pytest.mark.parametrize('colored', [True, False])
def test_processed_scenes(tmp_path, colored):
    xyz, labels = np.random.default_rng(0).random((300, 3)), np.full(300, 255.0)
    labels[:10] = 4
    for folder in ('train', 'superpoint'):
        (tmp_path / folder).mkdir()
    name = 'scene0000_00_vh_clean_2.pth'
    torch.save((xyz, np.full((300, 3), 1.0) if colored else 0, labels), tmp_path / 'train' / name)
    if colored:
        torch.save(np.arange(300) // 100 * 5, tmp_path / 'superpoint' / name)
    assert not create_openscene(tmp_path, tmp_path / 'out').faults
    raw = semantic(tmp_path / 'out', 'scene0000_00')
    assert (raw[:10] == 5).all() and (raw[10:] == 0).all()  # nyu40 ids: chair, nothing
    points = read_bin(tmp_path / 'out' / 'points' / 'scene0000_00.bin', np.float32, columns=6)
    assert (points[:, 3:] == (255 if colored else 128)).all()
    ids = read_bin(tmp_path / 'out' / 'super_points' / 'scene0000_00.bin', np.int64)
    assert not colored or ids.tolist() == (np.arange(300) // 100).tolist()


def test_processed_files_that_cannot_be(tmp_path):
    (tmp_path / 'train').mkdir()
    wrong = ((1, 2), (np.zeros((3, 3)), 0, np.full(3, 77.0)), (np.zeros((3, 2)), 0, np.zeros(3)))
    for number, content in enumerate(wrong):
        torch.save(content, tmp_path / 'train' / f's{number}.pth')
    (tmp_path / 'train' / 's9.pth').write_bytes(b'nothing')
    assert len(create_openscene(tmp_path, tmp_path / 'out').faults) == 4
    with pytest.raises(DataError, match='unpack the processed scenes'):
        create_openscene(tmp_path / 'none', tmp_path / 'out')
