"""Every config of SIU3R, trained and tested for one step on tiny walks; and the settings of the original."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from mmengine.config import Config, ConfigDict
from view_configs import GAUSSIAN_CONFIGS
from view_files import write_walks
from view_training import narrowed

from uniseg3d.engine.config import load_config
from uniseg3d.engine.launch import build_runner

SIZE = (64, 48)  # width, height
PAIR = next(path for path in GAUSSIAN_CONFIGS if path.stem == 'siu3r_pair_scannet')


@pytest.fixture(scope='module')
def walks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_walks(tmp_path_factory.mktemp('walks'), scenes=1, frames=20)


@pytest.fixture
def work_dir(tmp_path: Path) -> Iterator[Path]:
    """A folder that goes with the test: pytest would keep the weights."""
    yield tmp_path
    shutil.rmtree(tmp_path)


def shortened(path: Path, walks: Path, work_dir: Path) -> Config:
    """The config on tiny walks and for one step, from random weights; only sizes differ from what users get."""
    config = load_config(path)
    config.work_dir, config.load_from = str(work_dir), None
    config.model = narrowed(config.model)
    config.model.encoder.depth = 1
    if 'layers' in config.model.image_adapter:
        config.model.image_adapter.layers = (0, 0, 0, 0)
    config.model.geometry_weights = config.model.mask_weights = None
    if 'text_encoder' in config.model:  # without the tower, which only a download brings
        config.model.text_encoder = ConfigDict(type='ScratchText', dim=config.model.text_matcher.dim, width=16)
    config.train_dataloader.batch_size = config.train_dataloader.sampler.batch_size = 1
    for loader in (config.train_dataloader, config.val_dataloader, config.test_dataloader):
        loader.dataset, loader.num_workers = on_walks(loader.dataset, walks), 0
    config.train_cfg['max_iters' if 'max_iters' in config.train_cfg else 'max_epochs'] = 1
    config.train_dataloader.dataset.limit = 1
    if len(config.param_scheduler) == 2:
        config.param_scheduler = config.param_scheduler[1:]  # a warm-up is longer than one step
        config.param_scheduler[0].begin = 0
    config.default_hooks.checkpoint.save_optimizer = False
    return config


def on_walks(data: ConfigDict, walks: Path) -> ConfigDict:
    """The data set, or one of walks with as many views in the place of pairs."""
    assert data.data_root.startswith('data/')
    fields = {'data_root': str(walks), 'resolutions': [SIZE], 'layout': 'rooms', 'labels': True}
    if data.type == 'ViewOverlapDataset':
        data = ConfigDict(type='ViewSequenceDataset', views=data.get('views', 10), split='val', test_mode=True)
    data.update(fields, pipeline=[{'type': 'CropViews'}, {'type': 'PackViews'}], start_every=20)
    return data


@pytest.mark.parametrize('path', GAUSSIAN_CONFIGS, ids=lambda p: p.stem)
def test_a_config_trains_and_tests(path: Path, walks: Path, work_dir: Path) -> None:
    runner = build_runner(shortened(path, walks, work_dir))
    before = {name: p.detach().clone() for name, p in runner.model.named_parameters()}
    runner.train()
    after = {name: p for name, p in runner.model.named_parameters() if p.requires_grad}
    assert all(p.isfinite().all() for p in after.values())
    assert sum(not torch.equal(p, before[name]) for name, p in after.items()) > 0.7 * len(after)
    metrics = runner.test()
    assert any('psnr' in name for name in metrics)


def test_learning_rates_of_the_original() -> None:
    config = load_config(PAIR)
    rate, rules = config.optim_wrapper.optimizer.lr, config.optim_wrapper.paramwise_cfg.custom_keys
    found = {name: round(rate * rule.lr_mult, 9) for name, rule in rules.items()}
    assert found['gaussian_heads'] == found['encoder.camera'] == 5e-4
    assert found['mask_decoder'] == found['image_adapter'] == 3e-4 and rate == 1e-5
    many = load_config(PAIR.with_name('siu3r_multiview_scannet.py'))
    keys = many.optim_wrapper.paramwise_cfg.custom_keys
    assert round(rate * keys.mask_decoder.lr_mult, 9) == 1e-3 and keys.gaussian_heads.lr_mult == 50


def test_every_name_that_has_a_learning_rate_of_its_own_exists() -> None:
    model = Path(PAIR).read_text() + (PAIR.parent / '_base_' / 'models' / 'siu3r.py').read_text()
    keys = load_config(PAIR).optim_wrapper.paramwise_cfg.custom_keys
    for key in keys:
        assert key in ('encoder.camera', 'text_') or re.search(rf'\b{key}=', model), key
