"""mmdet3d's transforms inside our pipelines, and its data sets before our model."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from openmmlab import with_mmdet3d, without_mmdet3d
from scene_files import NAME, prepared_arrays, write_dataset

from uniseg3d.datasets import SceneDataset
from uniseg3d.datasets.collate import collate_scenes
from uniseg3d.engine.build_errors import explained
from uniseg3d.engine.config import load_config
from uniseg3d.io.arrays import write_bin
from uniseg3d.registry import DATASETS, METRICS, MODELS, TRANSFORMS
from uniseg3d.utils.errors import ConfigError, DataError, MissingPackageError

START = [{'type': 'LoadScene'}, {'type': 'MapSemantic'}]
END = [
    {'type': 'uniseg3d.NormalizeColor'},
    {'type': 'uniseg3d.SuperpointAnnotations', 'novel': False},
    {'type': 'uniseg3d.PackScene'},
]
THEIRS = [
    {
        'type': 'mmdet3d.GlobalRotScaleTrans',
        'rot_range': [0.5, 0.5],
        'scale_ratio_range': [2.0, 2.0],
        'translation_std': [0, 0, 0],
    },
    {'type': 'mmdet3d.RandomFlip3D', 'sync_2d': False, 'flip_ratio_bev_horizontal': 1.0, 'flip_ratio_bev_vertical': 0.0},
]
CONFIG = Path(__file__).parents[2] / 'configs' / 'uniseg3d_1xb4_rooms.py'


def dataset(root, *theirs):
    write_dataset(root, scenes=1)
    between = [{'type': 'ToDet3D'}, *theirs, {'type': 'FromDet3D'}] if theirs else []
    return SceneDataset(str(root), 'infos.json', [*START, *between, *END])


@with_mmdet3d
def test_their_augmentation_moves_our_points(tmp_path):
    torch.manual_seed(0)
    plain, moved = dataset(tmp_path / 'a')[0], dataset(tmp_path / 'b', *THEIRS)[0]
    assert torch.equal(moved.superpoints.ids, plain.superpoints.ids)
    assert torch.equal(moved.targets.instance, plain.targets.instance)
    assert moved.scene.rows is None
    first, second = (torch.pdist(sample.scene.xyz[:50]) for sample in (plain, moved))
    torch.testing.assert_close(second, 2 * first, atol=1e-4, rtol=1e-4)
    assert not torch.allclose(moved.scene.xyz, 2 * plain.scene.xyz)


@with_mmdet3d
def test_points_that_they_draw_are_followed(tmp_path):
    plain = dataset(tmp_path / 'a')[0]
    drawn = dataset(tmp_path / 'b', {'type': 'mmdet3d.PointSample', 'num_points': 150})[0]
    rows = drawn.scene.rows
    assert len(rows) == 150
    torch.testing.assert_close(drawn.scene.xyz, plain.scene.xyz[rows])
    assert torch.equal(drawn.targets.semantic, plain.targets.semantic[rows])
    same = plain.superpoints.ids[rows]
    assert torch.equal(same[:, None] == same, drawn.superpoints.ids[:, None] == drawn.superpoints.ids)


def write_theirs(root):
    """The scene in the files of a segmentation data set of mmdet3d."""
    arrays = prepared_arrays(count=900)
    for folder, dtype in (('points', np.float32), ('instance_mask', np.int64), ('semantic_mask', np.int64)):
        write_bin(root / folder / f'{NAME}.bin', arrays[folder], dtype)
    entry = {
        'lidar_points': {'num_pts_feats': 6, 'lidar_path': f'{NAME}.bin'},
        'pts_instance_mask_path': f'{NAME}.bin',
        'pts_semantic_mask_path': f'{NAME}.bin',
    }
    content = {'metainfo': {'DATASET': 'ScanNet'}, 'data_list': [entry]}
    (root / 'infos.pkl').write_bytes(pickle.dumps(content))


@with_mmdet3d
def test_their_data_set_feeds_our_model_and_their_metric(tmp_path):
    write_theirs(tmp_path)
    data = DATASETS.build(
        {
            'type': 'mmdet3d.ScanNetSegDataset',
            'data_root': str(tmp_path),
            'ann_file': 'infos.pkl',
            'metainfo': {'classes': ('wall', 'floor', 'chair'), 'palette': [[i, i, i] for i in range(3)]},
            'data_prefix': {'pts': 'points', 'pts_instance_mask': 'instance_mask', 'pts_semantic_mask': 'semantic_mask'},
            'modality': {'use_lidar': True, 'use_camera': False},
            'ignore_index': 20,
            'test_mode': True,
            'pipeline': [
                {
                    'type': 'mmdet3d.LoadPointsFromFile',
                    'coord_type': 'DEPTH',
                    'use_color': True,
                    'load_dim': 6,
                    'use_dim': [0, 1, 2, 3, 4, 5],
                },
                {
                    'type': 'mmdet3d.LoadAnnotations3D',
                    'with_bbox_3d': False,
                    'with_label_3d': False,
                    'with_mask_3d': True,
                    'with_seg_3d': True,
                },
                *THEIRS,
                {'type': 'uniseg3d.FromDet3D'},
                {'type': 'uniseg3d.MapSemantic'},
                *END,
            ],
        }
    )
    batch = collate_scenes([data[0]])
    config = load_config(CONFIG).model
    config.decoder.layers = 1
    model = MODELS.build(config)
    assert all(value.isfinite() for value in model.train()(**batch, mode='loss').values())
    with torch.no_grad():
        predictions = model.eval()(**batch, mode='predict')
    metric = METRICS.build({'type': 'Det3DMetric', 'metric': {'type': 'mmdet3d.SegMetric'}})
    metric.process(batch, predictions)
    assert 0 <= metric.evaluate(1)['det3d/miou'] <= 1
    assert batch['batch'].samples[0].scene.scene_id == NAME
    assert len(batch['batch'].samples[0].targets.labels) == 3


@with_mmdet3d
def test_points_without_colours_are_refused(tmp_path):
    structures = pytest.importorskip('mmdet3d.structures')
    points = structures.DepthPoints(torch.rand(5, 3))
    with pytest.raises(DataError, match='use_color=True'):
        TRANSFORMS.build({'type': 'FromDet3D'})({'points': points})


@without_mmdet3d
def test_without_the_package_errors_say_how_to_get_it(tmp_path):
    with pytest.raises(MissingPackageError, match=r'uniseg3d\[openmmlab\]'):
        TRANSFORMS.build({'type': 'FromDet3D'})
    with pytest.raises(ConfigError, match=r'needs mmdet3d, which is not installed.*uniseg3d\[openmmlab\]'), explained():
        TRANSFORMS.build({'type': 'mmdet3d.PointSample', 'num_points': 3})
