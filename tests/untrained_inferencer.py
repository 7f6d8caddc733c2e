"""A SceneInferencer with random weights and a small room to ask it about."""

from functools import cache
from pathlib import Path

import numpy as np
import torch

from uniseg3d.apis.checkpoints import save_weights
from uniseg3d.apis.scene_inferencer import SceneInferencer
from uniseg3d.apis.scene_input import find_config
from uniseg3d.io.raw_cloud import RawCloud
from uniseg3d.registry import MODELS

CONFIG = 'uniseg3d_1xb4_rooms_open'


def write_weights(path: Path, config=CONFIG):
    """Random weights for the model of ``config``."""
    torch.manual_seed(0)
    save_weights(path, MODELS.build(find_config(config).model).state_dict())
    return path


@cache
def inferencer(folder: Path, **changes) -> SceneInferencer:
    return SceneInferencer(CONFIG, write_weights(folder / 'random.safetensors'), 'cpu', **changes)


def boxes(seed=0, count=3000, width=6.0):
    """A floor, two walls and three boxes on it, each of one colour; metres, z up."""
    rng = np.random.default_rng(seed)
    u, part = rng.random((count, 3)), np.arange(count) % 6
    scale = np.array([[width, 4, 0], [width, 0, 2.5], [0, 4, 2.5], [0.8, 0.6, 0.7], [0.5, 0.5, 0.9], [1, 0.8, 0.4]])[part]
    start = np.array([[0, 0, 0], [0, 0, 0], [0, 0, 0], [1, 1, 0], [width - 1.5, 1, 0], [width / 2, 2.5, 0]])[part]
    side = rng.integers(0, 3, count)
    on_box = part >= 3
    u[np.flatnonzero(on_box), side[on_box]] = rng.integers(0, 2, on_box.sum())
    shade = np.array([[120, 90, 60], [220, 220, 210], [200, 210, 220], [200, 30, 30], [30, 30, 200], [40, 160, 60]])[part]
    return RawCloud((u * scale + start).astype(np.float32), shade.astype(np.uint8))
