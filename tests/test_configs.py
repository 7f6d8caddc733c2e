"""Every config trains and tests, every base has a user, and every registered component is there and documented."""

import ast
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import Registry
from scene_files import write_dataset

from uniseg3d import registry
from uniseg3d.engine.config import load_config
from uniseg3d.engine.launch import build_runner
from uniseg3d.engine.runner import SceneRunner

ROOT = Path(__file__).parents[1]
CONFIGS = sorted(p for p in (ROOT / 'configs').rglob('*.py') if '_base_' not in p.parts)
BASES = sorted((ROOT / 'configs' / '_base_').rglob('*.py'))
REGISTRIES = {name: value for name, value in vars(registry).items() if isinstance(value, Registry) and name.isupper()}
LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')


@pytest.fixture(scope='module')
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four tiny prepared scenes, which make one batch of the largest size, for training as for validation."""
    root = tmp_path_factory.mktemp('prepared')
    write_dataset(root, scenes=4)
    for split in ('train', 'val'):
        shutil.copy(root / 'infos.json', root / f'uniseg3d_infos_{split}.json')
    return root


@pytest.fixture
def work_dir(tmp_path: Path) -> Iterator[Path]:
    """A folder that goes with the test: pytest would keep the weights of the largest networks."""
    yield tmp_path
    shutil.rmtree(tmp_path)


def shortened(path: Path, prepared: Path, work_dir: Path) -> Config:
    """The config on the tiny data and for one step or one epoch; all else is as users get it."""
    config = load_config(path)
    config.work_dir = str(work_dir)
    for loader in LOADERS:
        assert config[loader].dataset.data_root.startswith('data/')
        config[loader].dataset.data_root = str(prepared)
        config[loader].num_workers = 0
    length = 'max_iters' if 'max_iters' in config.train_cfg else 'max_epochs'
    config.train_cfg[length] = 1
    config.default_hooks.checkpoint.save_optimizer = False  # the largest networks would write half a gigabyte
    return config


def test_there_are_configs() -> None:
    assert CONFIGS and BASES


@pytest.mark.parametrize('path', CONFIGS, ids=lambda p: p.stem)
def test_a_config_trains_and_tests(path: Path, prepared: Path, work_dir: Path) -> None:
    """The whole runner is built and used: data, loops, optimiser, schedules, hooks, evaluators, visualizer, log."""
    runner = build_runner(shortened(path, prepared, work_dir))
    before = {name: p.detach().clone() for name, p in runner.model.named_parameters()}
    runner.train()
    assert runner.iter >= 1 and runner.param_schedulers
    check_that_it_learned(runner, before)
    assert list(work_dir.glob('*_1.pth')), 'no checkpoint at the end'
    metrics = runner.test()
    assert metrics and all(0 <= value <= 1 for value in metrics.values())
    check_that_nothing_is_idle(runner)


def check_that_it_learned(runner: SceneRunner, before: dict[str, torch.Tensor]) -> None:
    """One step moves the learned parameters, every one to a finite value."""
    after = dict(runner.model.named_parameters())
    assert all(p.isfinite().all() for p in after.values())
    moved = [name for name, p in after.items() if not torch.equal(p, before[name])]
    assert len(moved) > 0.9 * len(after), f'only {len(moved)} of {len(after)} parameters moved'


def check_that_nothing_is_idle(runner: SceneRunner) -> None:
    """What the config names is what ran."""
    config = runner.cfg
    hooks = {type(hook).__name__ for hook in runner.hooks}
    stated = [*config.default_hooks.values(), *config.custom_hooks]
    assert {hook.type for hook in stated if hook} <= hooks
    assert type(runner.train_loop).__name__ == config.train_cfg.type
    assert type(runner.optim_wrapper.optimizer).__name__ == config.optim_wrapper.optimizer.type
    assert type(runner.visualizer).__name__ == config.visualizer.type
    assert type(runner.log_processor).__name__ == config.log_processor.type


def bases_of(path: Path) -> set[Path]:
    """All files that a config builds on, itself included."""
    tree = ast.parse(path.read_text(encoding='utf-8'))
    stated = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == '_base_'
    ]
    names = [name for entry in stated for name in ([entry] if isinstance(entry, str) else entry)]
    return {path}.union(*(bases_of((path.parent / name).resolve()) for name in names))


def test_every_base_is_used_by_a_config() -> None:
    """So that the sweep above runs every file that is shipped."""
    used = set().union(*(bases_of(path) for path in CONFIGS))
    assert not [p.name for p in BASES if p not in used]


def test_the_page_lists_every_config() -> None:
    page = (ROOT / 'configs' / 'README.md').read_text(encoding='utf-8')
    assert not [p.name for p in CONFIGS if f'`{p.name}`' not in page]


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
