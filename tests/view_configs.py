"""Which configs are for networks that look at views: their loaders hand over sequences."""

from pathlib import Path

from uniseg3d.engine.config import load_config

ROOT = Path(__file__).parents[1]
BENCHMARK_CONFIGS = sorted((ROOT / 'configs' / 'benchmarks').glob('*.py'))  # they train what others do
_LOADED = {path: load_config(path) for path in sorted((ROOT / 'configs').glob('*.py'))}
_KINDS = {
    path: config.model.type
    for path, config in _LOADED.items()
    if config.train_dataloader.collate_fn.type == 'uniseg3d.collate_views'
}
VIEW_CONFIGS = [*_KINDS, *BENCHMARK_CONFIGS]
GAUSSIAN_CONFIGS = [path for path, kind in _KINDS.items() if kind == 'SIU3R']  # they draw what they learn from
STREAM_CONFIGS = [path for path, kind in _KINDS.items() if kind == 'Point3R']
PANOPTIC_CONFIGS = [path for path, kind in _KINDS.items() if kind == 'PanSt3R']
PHOTO_CONFIGS = [path for path, kind in _KINDS.items() if kind == 'SIU3RHead']  # single photos, nothing but labels
PAIR_CONFIGS = [path for path in _KINDS if path not in (*GAUSSIAN_CONFIGS, *STREAM_CONFIGS, *PANOPTIC_CONFIGS, *PHOTO_CONFIGS)]
