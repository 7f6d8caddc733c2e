"""Which configs are for networks that look at views: their loaders hand over sequences."""

from pathlib import Path

from uniseg3d.engine.config import load_config

ROOT = Path(__file__).parents[1]
CONFIGS = sorted((ROOT / 'configs').glob('*.py'))
VIEW_CONFIGS = [path for path in CONFIGS if load_config(path).train_dataloader.collate_fn.type == 'uniseg3d.collate_views']
GAUSSIAN_CONFIGS = [path for path in VIEW_CONFIGS if load_config(path).model.type == 'SIU3R']  # they draw what they learn from
