"""A tiny scan with labelled frames, and a config for all stages of SAS on it."""

import json

import numpy as np
from mmengine.config import Config
from posed_frames import HEIGHTS, boxes_at, colors_of, ground, write_frames

from uniseg3d.apis.sas_capability import measure_capability, refine_masks, synthesize_images
from uniseg3d.apis.sas_extract import extract_priors
from uniseg3d.apis.sas_fuse import fuse_scenes
from uniseg3d.apis.sas_setup import Priors
from uniseg3d.io.arrays import write_bin
from uniseg3d.io.images import write_jpeg, write_png
from uniseg3d.io.infos import write_infos
from uniseg3d.io.scene_info import SceneInfo
from uniseg3d.registry import EXPERTS
from uniseg3d.rooms.class_pictures import folder_name

NAMES, IDS = ['floor', 'chair', 'table'], [2, 5, 7]  # nyu40
LABELS = np.array([3, 2, 4], dtype=np.uint16)  # label ids of the frames, for floor (no box), chair and table
TEXTS = {'encoder': {'type': 'HashedWords', 'dim': 16}}
SCENE = 'scene0000_00'


@EXPERTS.register_module(force=True)
class BoxPictures:
    """Draws a box on a floor."""

    def make(self, folder, classes):
        for cls in classes:
            for number in range(2):
                owner = np.zeros((64, 64), dtype=np.int64)
                owner[16:48, 16 + 4 * number : 40] = NAMES.index(cls)
                place = folder / folder_name(cls)
                write_png(place / 'label' / f'{number}.png', LABELS[owner])
                write_png(place / 'instance' / f'{number}.png', (10 * number + owner + 1).astype(np.uint16))
                write_png(place / 'rough' / f'{number}.png', (255 * (owner == NAMES.index(cls))).astype(np.uint8))
                write_jpeg(place / 'color' / f'{number}.jpg', np.full((64, 64, 3), 90, dtype=np.uint8))
        return dict.fromkeys(classes, 2)


def write_scan(root):
    """Frames, points and annotations of one scene, which is trained on and tested on."""
    write_frames(root / 'frames' / SCENE)
    for number in range(len(HEIGHTS)):
        write_png(root / 'frames' / SCENE / 'label' / f'{number}.png', LABELS[boxes_at(ground(number)) + 1])
    side = np.linspace(-0.9, 0.9, 40)
    places = np.stack(np.meshgrid(side, side), -1).reshape(-1, 2)
    boxes = boxes_at(places)
    owner = boxes + 1
    points = np.column_stack([places, np.zeros(len(places)), colors_of(boxes)])
    arrays = {'super_points': owner, 'semantic_mask': np.array(IDS)[owner], 'instance_mask': owner}
    write_bin(root / 'points' / f'{SCENE}.bin', points, np.float32)
    for folder, values in arrays.items():
        write_bin(root / folder / f'{SCENE}.bin', values, np.int64)
    name = f'{SCENE}.bin'
    infos = [SceneInfo(SCENE, name, name, instance_mask_path=name, semantic_mask_path=name, num_points=len(points))]
    for split in ('train', 'val'):
        write_infos(root / f'uniseg3d_infos_{split}.json', infos, 'rooms', {})
    (root / 'classes.json').write_text(json.dumps({'names': NAMES, 'ids': IDS, 'stuff': NAMES[:1]}))


def make_priors(root, **changes):
    """The stages' common ground for two experts; ``changes`` of the section ``priors``."""
    return Priors(make_config(root, **changes))


def make_config(root, **changes):
    """The config of a network that has its own text space."""
    classes = str(root / 'classes.json')
    pipeline = [
        {'type': 'LoadScene'},
        {'type': 'MapSemantic', 'classes': classes, 'largest_id': 40},
        {'type': 'LoadPointFeatures', 'folder': str(root / 'sas' / 'fused'), 'required': False},
        {'type': 'NormalizeColor'},
        {'type': 'SuperpointAnnotations', 'novel': False, 'classes': classes},
        {'type': 'PackLiftedScene', 'features': ('color',)},
    ]
    dataset = {
        split: {
            'type': 'SceneDataset',
            'data_root': str(root),
            'classes': classes,
            'info_file': f'uniseg3d_infos_{"train" if split == "train" else "val"}.json',
            'pipeline': pipeline,
        }
        for split in ('train', 'val', 'test')
    }
    expert = {'type': 'ProceduralExpert', 'texts': TEXTS, 'classes': classes, 'coarseness': 2}
    section = {
        'folder': str(root / 'sas'),
        'frames': str(root / 'frames'),
        'vocabulary': classes,
        'texts': TEXTS,
        'experts': {
            'chairs': dict(**expert, strengths={'chair': 1.0, 'table': 0.0, 'floor': 1.0}, groups=[('table', 'floor')]),
            'tables': dict(
                **expert, strengths={'chair': 0.0, 'table': 1.0, 'floor': 1.0}, groups=[('chair', 'floor')], noise=0.3
            ),
        },
        'pictures': {'type': 'BoxPictures'},
        'refiner': {'type': 'KnownSegments'},
        'border': 0,
    }
    network = {'type': 'MinkUNet', 'variant': ((8,) * 8, (1,) * 8), 'in_channels': 3, 'out_channels': 16, 'stem_size': 3}
    model = {'type': 'SAS', 'network': network, 'texts': TEXTS, 'classes': classes, 'voxel_size': 0.05}
    loaders = {f'{split}_dataloader': {'dataset': one} for split, one in dataset.items()}
    return Config({**loaders, 'priors': section | changes, 'model': model})


def run_all(setup):
    """Every stage, without a fault."""
    assert not extract_priors(setup)
    synthesize_images(setup)
    assert not refine_masks(setup)
    assert not measure_capability(setup)
    assert not fuse_scenes(setup)
