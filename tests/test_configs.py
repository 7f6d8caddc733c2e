"""Every config builds, and every registered component is there and documented."""

import ast
import re
from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.registry import Registry, init_default_scope

from uniseg3d import registry

ROOT = Path(__file__).parents[1]
CONFIGS = sorted(p for p in (ROOT / 'configs').rglob('*.py') if '_base_' not in p.parts)
REGISTRIES = {name: value for name, value in vars(registry).items() if isinstance(value, Registry) and name.isupper()}
DATASET_KEYS = ('train_dataloader', 'val_dataloader', 'test_dataloader')


@pytest.fixture(params=CONFIGS, ids=lambda path: str(path.relative_to(ROOT / 'configs')))
def config(request: pytest.FixtureRequest) -> Config:
    init_default_scope('uniseg3d')
    return Config.fromfile(request.param)


def test_there_are_configs() -> None:
    assert CONFIGS


def test_the_model_builds(config: Config) -> None:
    model = registry.MODELS.build(config.model)
    assert sum(p.numel() for p in model.parameters()) > 0


def test_pipelines_and_metrics_build(config: Config) -> None:
    for key in DATASET_KEYS:
        pipeline = config[key].dataset.pipeline
        assert pipeline
        for transform in pipeline:
            assert callable(registry.TRANSFORMS.build(transform))
    for key in ('val_evaluator', 'test_evaluator'):
        evaluators = config[key] if isinstance(config[key], list | tuple) else [config[key]]
        assert all(registry.METRICS.build(evaluator) for evaluator in evaluators)


def test_hooks_and_schedule_build(config: Config) -> None:
    for hook in [*config.default_hooks.values(), *config.get('custom_hooks', [])]:
        assert hook is None or registry.HOOKS.build(hook)
    assert config.optim_wrapper.optimizer.type


@pytest.mark.parametrize('name', CONFIGS, ids=lambda p: p.name)
def test_variants_are_small_deltas(name: Path) -> None:
    """A config that users type states only what differs from its bases."""
    source = name.read_text(encoding='utf-8')
    assert len(source.splitlines()) <= 40
    assert not [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Import | ast.ImportFrom)]


def registered() -> list[tuple[str, str]]:
    for value in REGISTRIES.values():
        value.import_from_location()
    return [
        (name, key)
        for name, value in REGISTRIES.items()
        for key, kind in value.module_dict.items()
        if kind.__module__.startswith('uniseg3d')
    ]


@pytest.mark.parametrize(('name', 'key'), registered())
def test_every_component_is_documented(name: str, key: str) -> None:
    component = REGISTRIES[name].get(key)
    assert component is not None
    assert (component.__doc__ or '').strip(), f'{key} has no docstring'


def test_every_component_is_used_by_a_config_or_a_default() -> None:
    """A feature that is only registered does not exist."""
    sources = [*(ROOT / 'configs').rglob('*.py'), *(ROOT / 'uniseg3d').rglob('*.py')]
    text = '\n'.join(p.read_text(encoding='utf-8') for p in sources)
    unused = [key for _, key in registered() if not re.search(rf"type(=|': )'(uniseg3d\.)?{key}'", text)]
    assert not unused, f'registered, but no config or code builds them: {unused}'
