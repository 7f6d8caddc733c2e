"""A prepared data set of one floor with two coloured boxes, and frames of it, for whoever names objects."""

from pathlib import Path

import numpy as np
import posed_frames as scan
import torch

from uniseg3d.engine.config import load_config
from uniseg3d.io.arrays import write_bin
from uniseg3d.io.infos import InstanceBox, SceneInfo, write_infos
from uniseg3d.registry import MODELS
from uniseg3d.utils.files import write_text

CONFIG = Path(__file__).parents[1] / 'configs' / 'uniseg3d_1xb4_rooms_open.py'
SCENES = ('room0000_00', 'room0001_00')
NAMES = {0: 'red box', 1: 'blue box'}
TABLE = 7  # nyu40


def write_rooms(root):
    """Scenes, their info files for training and testing, their frames and the list of names."""
    infos = [_write_scene(root, name) for name in SCENES]
    for split in ('train', 'val'):
        write_infos(root / f'uniseg3d_infos_{split}.json', infos, 'rooms', {})
    write_text(
        root / 'open_names.json',
        '{"names": ["blue box", "red box", "green box"], "base": ["blue box", "red box"], "novel": ["green box"]}',
    )


def _write_scene(root, name):
    places, boxes = scan.floor_points()
    scan.write_frames(root / 'frames' / name)
    colors = scan.colors_of(boxes)
    cells = np.unique(np.c_[boxes, np.floor(places / 0.3)], axis=0, return_inverse=True)[1].reshape(-1)
    write_bin(root / 'points' / f'{name}.bin', np.c_[places, colors], np.float32)
    for folder, values in (
        ('super_points', cells),
        ('instance_mask', boxes + 1),
        ('semantic_mask', np.where(boxes < 0, 2, TABLE)),
    ):
        write_bin(root / folder / f'{name}.bin', values, np.int64)
    things = [InstanceBox(4, np.zeros(3), np.ones(3), number, called) for number, called in NAMES.items()]
    return SceneInfo(name, *[f'{name}.bin'] * 4, instances=things, num_points=len(places))


def rooms_config(root):
    """The config for free names with this data, made smaller."""
    data = {f'{part}_dataloader.dataset.data_root': str(root) for part in ('train', 'val', 'test')}
    config = load_config(CONFIG, data | {'model.names': str(root / 'open_names.json')})
    config.model.encoder.blocks = config.model.decoder.layers = 1
    return config


def write_checkpoint(config, path):
    """Random weights of the config's model."""
    torch.manual_seed(0)
    torch.save({'state_dict': MODELS.build(config.model).state_dict()}, path)
    return path
