"""The config beside stored predictions. It may come from anywhere, so it is data: nothing that it names is run."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.registry import Registry

from uniseg3d.engine.benchmark_writer import BenchmarkWriter
from uniseg3d.registry import DATASETS, FUNCTIONS, METRICS, SCOPE, TRANSFORMS
from uniseg3d.utils.errors import ConfigError

REMEDY = 'name a config that you trust as well: tools/evaluate.py CONFIG DIR'


def stored_config(path: Path) -> Config:
    """Test data and metrics of a ``config.json``, all else left out; refused if they name what this package does not have."""
    try:
        content = json.loads(path.read_text(encoding='utf-8'))
        loader = content['test_dataloader']
        dataset, collate, metrics = dict(loader['dataset']), dict(loader['collate_fn']), content['test_evaluator']
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ConfigError(f'{path} is not the config of a test run ({type(error).__name__}: {error}); {REMEDY}') from error
    metrics = [dict(metric) for metric in (metrics if isinstance(metrics, list) else [metrics]) if isinstance(metric, dict)]
    _refuse_foreign(path, dataset, DATASETS, TRANSFORMS)
    _refuse_foreign(path, collate, FUNCTIONS)
    _refuse_foreign(path, metrics, METRICS)
    measures = [metric for metric in metrics if METRICS.get(metric['type']) is not BenchmarkWriter]
    if not measures:
        raise ConfigError(f'{path} measures nothing; {REMEDY}')
    return Config({'test_dataloader': {'dataset': dataset, 'collate_fn': collate}, 'test_evaluator': measures})


def _refuse_foreign(path: Path, node: Any, *registries: Registry) -> None:
    """Only names that are registered already pass: a dotted one would be imported, ``_scope_`` and ``_base_`` reach out."""
    if isinstance(node, Mapping):
        reaching = [key for key in node if key.startswith('_')]
        if reaching:
            raise ConfigError(f'{path} is refused: {reaching[0]} reaches for other files or programs; {REMEDY}')
        if 'type' in node and not any(_registered(node['type'], registry) for registry in registries):
            raise ConfigError(f'{path} is refused: type={node["type"]!r} is no component of this package; {REMEDY}')
    for child in node.values() if isinstance(node, Mapping) else node if isinstance(node, list) else ():
        _refuse_foreign(path, child, *registries)


def _registered(name: Any, registry: Registry) -> bool:
    registry.import_from_location()
    return isinstance(name, str) and name.removeprefix(f'{SCOPE}.') in registry.module_dict
