"""Tests with mmdet3d itself run where it is installed: requirements/openmmlab.txt, or mmcv-lite in the place of mmcv."""

import importlib.util

import numpy as np
import pytest

from uniseg3d.io.scene_info import SceneInfo
from uniseg3d.transforms import PackScene, SuperpointAnnotations

with_mmdet3d = pytest.mark.skipif(importlib.util.find_spec('mmdet3d') is None, reason='mmdet3d is not installed')
without_mmdet3d = pytest.mark.skipif(importlib.util.find_spec('mmdet3d') is not None, reason='mmdet3d is installed')


def random_scene(seed, superpoints=150, segments=24):
    """Superpoints of 5 to 80 points in segments of any class, void among them; every fourth thing belongs to no instance."""
    rng = np.random.default_rng(seed)
    ids = np.repeat(np.arange(superpoints), rng.integers(5, 80, superpoints))
    segment = rng.integers(0, segments, superpoints)[ids]
    classes = rng.integers(0, 21, segments)
    instance = np.where(np.arange(segments) % 4 == 0, 0, np.arange(1, segments + 1))
    sample = {
        'scene_id': f'random{seed}',
        'info': SceneInfo(f'random{seed}', 'p.bin', 's.bin'),
        'xyz': rng.random((len(ids), 3)).astype(np.float32),
        'color': rng.random((len(ids), 3)).astype(np.float32),
        'superpoints': ids,
        'semantic': classes[segment],
        'instance_ids': instance[segment],
    }
    return PackScene()(SuperpointAnnotations(novel=False)(sample))
