"""Scoring predictions that an earlier test run wrote."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.evaluator import Evaluator
from mmengine.registry import init_default_scope

from uniseg3d.engine.build_errors import explained
from uniseg3d.engine.config import load_config, override
from uniseg3d.engine.stored_config import stored_config
from uniseg3d.io.predictions import read_prediction
from uniseg3d.registry import DATASETS, FUNCTIONS
from uniseg3d.utils.errors import ConfigError, DataError
from uniseg3d.utils.progress import track


def rescore(
    folder: str | Path, config: str | Path | None = None, overrides: Mapping[str, Any] | None = None
) -> dict[str, float]:
    """Metrics of the predictions in ``folder`` against the test data of ``config``, by default the one in the folder."""
    folder = Path(folder)
    stored = folder / 'config.json'
    if config is None and not stored.is_file():
        raise ConfigError(f'{folder} was not written by --dump: it has no config.json; name the config as well')
    if config is None:
        settings = stored_config(stored)
        override(settings, overrides or {})
    else:
        settings = load_config(config, overrides)
    init_default_scope(settings.get('default_scope', 'uniseg3d'))
    with explained():
        return _score(folder, settings)


def _score(folder: Path, config: Config) -> dict[str, float]:
    dataset = DATASETS.build(config.test_dataloader.dataset)
    collate = FUNCTIONS.get(config.test_dataloader.collate_fn.type)
    _refuse_missing(folder, dataset.scene_ids)
    evaluator = Evaluator(config.test_evaluator)
    evaluator.dataset_meta = getattr(dataset, 'metainfo', None)
    for index in track(range(len(dataset)), 'scoring'):
        batch = collate([dataset[index]])
        scene = batch['batch'].scene_ids[0]
        evaluator.process(data_samples=[read_prediction(folder / f'{scene}.npz')], data_batch=batch)
    return evaluator.evaluate(len(dataset))


def _refuse_missing(folder: Path, scene_ids: list[str]) -> None:
    missing = [scene for scene in scene_ids if not (folder / f'{scene}.npz').is_file()]
    if missing:
        names = ', '.join(missing[:5]) + (', ...' if len(missing) > 5 else '')
        raise DataError(
            f'{folder} lacks {len(missing)} of {len(scene_ids)} scenes of the test data: {names}; test again with --dump'
        )
