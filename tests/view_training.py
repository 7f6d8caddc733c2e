"""Networks that look at views, trained and tested for one step on tiny walks: what the files about configs share."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.config import Config, ConfigDict
from view_files import write_walks

from uniseg3d.engine.config import load_config
from uniseg3d.engine.launch import build_runner
from uniseg3d.engine.runner import SceneRunner

WIDTHS = {1024: 64, 768: 48, 2816: 176}  # of the published networks, which have up to 879 million weights
SIZE = (64, 48)  # of the images
VIEWS = 4  # per sequence, where a config has more


@pytest.fixture(scope='module')
def walks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_walks(tmp_path_factory.mktemp('walks'), scenes=1, frames=14)


@pytest.fixture
def work_dir(tmp_path: Path) -> Iterator[Path]:
    """A folder that goes with the test: pytest would keep the weights."""
    yield tmp_path
    shutil.rmtree(tmp_path)


def narrowed(part: Any, key: str = '') -> Any:
    """The same network with narrow layers and few heads."""
    if isinstance(part, dict):
        return ConfigDict({name: narrowed(value, name) for name, value in part.items()})
    if isinstance(part, list | tuple):
        return type(part)(narrowed(value, key) for value in part)
    if key in ('heads', 'memory_heads') and isinstance(part, int):
        return 4
    return WIDTHS.get(part, part) if isinstance(part, int) else part


def shortened(path: Path, walks: Path, work_dir: Path) -> Config:
    """The config on tiny walks and for one step, from random weights; only sizes differ from what users get."""
    config = load_config(path)
    config.work_dir, config.load_from = str(work_dir), None
    config.model = narrowed(config.model)
    config.model.encoder.depth = 1
    without_files(config.model)
    config.train_dataloader.batch_size = config.train_dataloader.sampler.batch_size = 1
    config.train_dataloader.sampler.views = fewer(config.train_dataloader.sampler.views)
    for loader in (config.train_dataloader, config.val_dataloader, config.test_dataloader):
        data = loader.dataset
        assert data.data_root.startswith('data/')
        data.data_root, loader.num_workers = str(walks), 0
        if data.type == 'ViewMixture':
            data.parts, data.counts = [{'layout': 'rooms', 'folder': '.'}], [loader.batch_size]
        common = data.common if data.type == 'ViewMixture' else data
        common.resolutions = [SIZE]
        if 'views' in common:
            common.views = fewer(common.views)
        if data.get('test_mode'):
            data.limit, data.start_every = 1, 20
    config.train_cfg['max_iters' if 'max_iters' in config.train_cfg else 'max_epochs'] = 1
    if 'warmup' in config.param_scheduler:
        config.param_scheduler.warmup = 0.5  # shorter than the one epoch
    config.default_hooks.checkpoint.save_optimizer = False
    return config


def fewer(views: int | tuple[int, int]) -> int | tuple[int, ...]:
    """A number of views, or the fewest and the most, that tests have time for."""
    return min(views, VIEWS) if isinstance(views, int) else tuple(min(count, VIEWS) for count in views)


def without_files(model: ConfigDict) -> None:
    """Nothing to start from, words that are learned in the place of a text tower, and masks compared at few places."""
    for name in ('dust3r_weights', 'must3r_weights'):
        if model.get(name):
            model[name] = None
    if model.get('image_encoder'):
        model.image_encoder.update({'depth': 1} | ({'weights': None} if 'weights' in model.image_encoder else {}))
    if (model.get('criterion') or {}).get('type') == 'ViewPanopticCriterion':
        model.criterion.points = 64
    if model.get('panoptic', {}).get('pixel_dim') == 384:
        model.panoptic.pixel_dim = model.panoptic.upscaler.dim = 32
    if model.get('class_text', {}).get('tower'):
        width = model.panoptic.class_head.text_dim
        model.class_text = ConfigDict(type='ClassText', encoder={'type': 'ScratchText', 'dim': width, 'width': 16})


def train_and_test(path: Path, walks: Path, work_dir: Path) -> None:
    """One step of training and one sequence of a test, through the whole runner."""
    runner = build_runner(shortened(path, walks, work_dir))
    before = {name: p.detach().clone() for name, p in runner.model.named_parameters()}
    runner.train()
    assert runner.iter >= 1 and list(work_dir.glob('*_1.pth'))
    check_that_it_learned(runner, before)
    metrics = runner.test()
    assert metrics['rotation'] >= 0 and metrics['abs_rel'] >= 0


def check_that_it_learned(runner: SceneRunner, before: dict[str, torch.Tensor]) -> None:
    """One step moves the learned parameters, every one to a finite value; a warm-up that starts at zero moves none yet."""
    after = {name: p for name, p in runner.model.named_parameters() if p.requires_grad}
    assert after and all(p.isfinite().all() for p in after.values())
    moved = [name for name, p in after.items() if not torch.equal(p, before[name])]
    starts_at_zero = 'WarmupCosineLR' in str(runner.cfg.param_scheduler)
    assert starts_at_zero or len(moved) > 0.7 * len(after), f'only {len(moved)} of {len(after)} parameters moved'
