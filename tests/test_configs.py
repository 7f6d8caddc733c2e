"""Every config trains and tests, every base has a user, and every registered component is there and documented."""

import ast
import json
import re
import shutil
from collections.abc import Iterator
from functools import cache
from math import isnan
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from mmengine.config import Config, ConfigDict
from mmengine.registry import Registry
from sas_configs import shorten_sas
from scene_files import write_dataset
from view_configs import VIEW_CONFIGS

from uniseg3d import registry
from uniseg3d.engine.config import load_config
from uniseg3d.engine.launch import build_runner
from uniseg3d.engine.runner import SceneRunner
from uniseg3d.io.infos import write_infos
from uniseg3d.text.class_lists import SPLIT_KEYS, class_list

ROOT = Path(__file__).parents[1]
CONFIGS = sorted(p for p in (ROOT / 'configs').rglob('*.py') if '_base_' not in p.parts)
BASES = sorted((ROOT / 'configs' / '_base_').rglob('*.py'))
REGISTRIES = {name: value for name, value in vars(registry).items() if isinstance(value, Registry) and name.isupper()}
LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')
ABLATIONS = [p for p in CONFIGS if p.parent.name == 'ablations']
PUBLISHED = ROOT / 'configs' / 'uniseg3d_1xb4_scannet_scanrefer_scannet200_unified.py'
PUBLISHED_MODEL = ROOT / 'configs' / '_base_' / 'models' / 'uniseg3d.py'
STAGE_2 = ROOT / 'configs' / 'uniseg3d_1xb4_scannet_stage2.py'
NAMES = ['oval table', 'chair']
TINY_TOWER = {'embed_dim': 768, 'text_cfg': {'width': 16, 'heads': 2, 'layers': 1}}


@pytest.fixture(scope='module')
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four tiny prepared scenes, which make one batch of the largest size, for training as for validation.

    Their objects have more than the hundred points that make an instance count.
    """
    root = tmp_path_factory.mktemp('prepared')
    infos = write_dataset(root, scenes=4, count=900)
    for box in (box for info in infos for box in info.instances):
        box.name = NAMES[box.label // 2 % 2]
    for split in ('train', 'val'):
        write_infos(root / f'uniseg3d_infos_{split}.json', infos, 'rooms', {})
    (root / 'open_names.json').write_text(json.dumps({'names': NAMES, 'base': NAMES[:1], 'novel': NAMES[1:]}))
    return root


@pytest.fixture
def work_dir(tmp_path: Path) -> Iterator[Path]:
    """A folder that goes with the test: pytest would keep the weights of the largest networks."""
    yield tmp_path
    shutil.rmtree(tmp_path)


def shortened(path: Path, prepared: Path, work_dir: Path) -> Config:
    """The config on the tiny data and for one step or one epoch, without the files that only a download brings.

    All else is as users get it, but for networks that another config has trained here already: those are cut down.
    """
    config = load_config(path)
    work_dir.mkdir(exist_ok=True)
    config.work_dir, config.load_from = str(work_dir), None
    if config.model.type == 'SAS':
        shorten_sas(config, prepared, work_dir)
    replace_files(config.model, work_dir)
    for part in (config.model, config.val_evaluator, config.test_evaluator):
        if str(part.get('names', '')).endswith('.json'):
            part.names = str(prepared / Path(part.names).relative_to(config.data_root))
    if path != PUBLISHED and bases_of(path).intersection([*CONFIGS, PUBLISHED_MODEL]) - {path}:
        cut_down(config.model)
    for loader in LOADERS:
        assert config[loader].dataset.data_root.startswith('data/')
        config[loader].dataset.data_root = str(prepared)
        config[loader].num_workers = 0
        for step in config[loader].dataset.pipeline:
            if step['type'] == 'MapSemantic':  # the tiny data have ids of nyu40, whatever the classes of the config
                step['largest_id'] = max(41, step.get('largest_id', 41))
    length = 'max_iters' if 'max_iters' in config.train_cfg else 'max_epochs'
    config.train_cfg[length] = 1
    config.default_hooks.checkpoint.save_optimizer = False  # the largest networks would write half a gigabyte
    return config


def replace_files(model: ConfigDict, work_dir: Path) -> None:
    """Random class embeddings of the right shape, a text tower of one block, and a backbone that starts at random."""
    if model.get('backbone_weights'):
        model.backbone_weights = None
    if model.get('class_embeddings'):
        model.class_embeddings = str(work_dir / 'class_embeddings.pt')
        classes = len(class_list(model.get('classes', 'scannet20')))
        torch.save(F.normalize(torch.randn(classes, 2, model.decoder.class_head.embed_dim), dim=2), model.class_embeddings)
        model.text_encoder.update(tower=TINY_TOWER, weights=None)


def cut_down(model: ConfigDict) -> None:
    """Fewer levels and layers; the widths stay."""
    if 'planes' in model.get('encoder', {}).get('unet', {}):
        model.encoder.unet.update(planes=model.encoder.unet.planes[:2], blocks=1)
    if 'decoder' in model:
        model.decoder.layers = 1


def test_there_are_configs() -> None:
    assert CONFIGS and BASES


@pytest.mark.parametrize('path', [path for path in CONFIGS if path not in VIEW_CONFIGS], ids=lambda p: p.stem)
def test_a_config_trains_and_tests(path: Path, prepared: Path, work_dir: Path) -> None:
    """The whole runner is built and used: data, loops, optimiser, schedules, hooks, evaluators, visualizer, log."""
    runner = build_runner(shortened(path, prepared, work_dir))
    before = {name: p.detach().clone() for name, p in runner.model.named_parameters()}
    runner.train()
    assert runner.iter >= 1 and runner.param_schedulers
    check_that_it_learned(runner, before)
    assert list(work_dir.glob('*_1.pth')), 'no checkpoint at the end'
    metrics = runner.test()
    # the tiny data may lack all classes of a group, such as the rare ones of ScanNet200
    known = {name: value for name, value in metrics.items() if not (isnan(value) and name.startswith(SPLIT_KEYS))}
    assert known and all(0 <= value <= 1 for value in known.values())
    check_that_nothing_is_idle(runner)


def check_that_it_learned(runner: SceneRunner, before: dict[str, torch.Tensor]) -> None:
    """One step moves the learned parameters, every one to a finite value."""
    after = {name: p for name, p in runner.model.named_parameters() if p.requires_grad}
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


@pytest.mark.parametrize('path', ABLATIONS, ids=lambda p: p.stem)
def test_an_ablation_changes_something_and_says_what(path: Path) -> None:
    """In few lines; one of the paper's states the published numbers, and the page states the same."""
    source = path.read_text(encoding='utf-8')
    assert len(source.splitlines()) <= 15 and source.startswith('# ')
    assert merged(path) != merged(direct_base_of(path))
    stated = re.findall(r'\d+\.\d+', source.splitlines()[0])
    assert stated or PUBLISHED not in bases_of(path)
    assert set(stated) <= set(re.findall(r'\d+\.\d+', page_row(path)))


@cache
def merged(path: Path) -> dict[str, Any]:
    """All that a config says."""
    return load_config(path).to_dict()


def direct_base_of(path: Path) -> Path:
    """The one config that an ablation states as its base."""
    return (path.parent / re.findall(r"^_base_ = '(.+)'$", path.read_text(encoding='utf-8'), re.MULTILINE)[0]).resolve()


def page_row(path: Path) -> str:
    """What the page says about a config: the line that names it."""
    page = (ROOT / 'configs' / 'README.md').read_text(encoding='utf-8')
    return next(line for line in page.splitlines() if f'`{path.name}`' in line)


def test_the_second_stage_goes_on_from_the_first(prepared: Path, work_dir: Path) -> None:
    """From its work dir, without the files that the first stage started from, with steps a thousandth as large."""
    first, second = (shortened(path, prepared, work_dir / path.stem) for path in (PUBLISHED, STAGE_2))
    cut_down(first.model)
    before = dict(build_runner(first).train().named_parameters())
    second.load_from, second.model.backbone_weights, second.model.text_encoder.weights = first.work_dir, 'none', 'none'
    after = dict(build_runner(second).train().named_parameters())
    for name, value in before.items():
        torch.testing.assert_close(after[name], value, atol=2e-7, rtol=2e-7)


def test_the_second_stage_is_the_papers() -> None:
    first, second = merged(PUBLISHED), merged(STAGE_2)
    assert second['load_from'] == f'work_dirs/{PUBLISHED.stem}' and second['train_cfg']['max_epochs'] == 40
    for name in ('lr', 'weight_decay'):
        large, small = (config['optim_wrapper']['optimizer'][name] for config in (first, second))
        assert small == pytest.approx(large / 1000)


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
