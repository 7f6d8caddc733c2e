"""Clouds as samples of a model: the way of its own test data, from the point where these would be read from files."""

from pathlib import Path
from typing import Any

import numpy as np
from mmengine.config import Config

import uniseg3d
from uniseg3d.engine.config import load_config
from uniseg3d.io.scene_info import SceneInfo
from uniseg3d.registry import TRANSFORMS
from uniseg3d.structures import Sample
from uniseg3d.utils.errors import ConfigError
from uniseg3d.utils.seeding import sample_rng

USUAL_SPACING = 0.02  # metres between points, of data sets whose configs do not state point_spacing
READER = 'LoadScene'


def find_config(config: str | Path) -> Config:
    """Config of a file, or of its bare name in ``configs/`` here, in the installed package, or beside it in a clone."""
    if Path(config).suffix != '.py':
        package = Path(uniseg3d.__file__).parent
        folders = [Path('configs'), package / 'configs', package.parent / 'configs']
        found = [folder / f'{config}.py' for folder in folders if (folder / f'{config}.py').is_file()]
        config = found[0] if found else folders[0] / f'{config}.py'
    return load_config(config)


class SampleMaker:
    """Positions, colours and superpoints to samples, by the test pipeline of a config without its reader."""

    def __init__(self, config: Config) -> None:
        dataset = (config.get('test_dataloader') or {}).get('dataset') or {}
        pipeline = list(dataset.get('pipeline') or [])
        if not pipeline or pipeline[0]['type'].rpartition('.')[2] != READER:
            raise ConfigError(f'{config.filename}: the test pipeline must begin with {READER}, whose place own clouds take')
        self.transforms = [TRANSFORMS.build(transform) for transform in pipeline[1:]]
        self.classes: str = dataset.get('classes', 'scannet20')
        self.spacing: float = config.get('point_spacing', USUAL_SPACING)

    def __call__(self, name: str, xyz: np.ndarray, color: np.ndarray, superpoints: np.ndarray) -> Sample:
        """``xyz`` [n, 3] metres, z up, ``color`` [n, 3] 0..255, ``superpoints`` [n] 0..M-1."""
        unknown: dict[str, Any] = dict.fromkeys(('rows', 'instance_ids', 'semantic', 'novel_masks'))
        sample: Any = {
            'scene_id': name,
            'info': SceneInfo(name, '', ''),
            'paths': {},
            'rng': sample_rng(0, 0, 0),
            'origin': np.zeros(3),
            'xyz': xyz.astype(np.float32),
            'color': color.astype(np.float32),
            'superpoints': superpoints,
            **unknown,
        }
        for transform in self.transforms:
            sample = transform(sample)
        return sample
