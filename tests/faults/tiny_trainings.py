"""The training of every tiny config on data of a few kilobytes: whole, killed, gone on with."""

import contextlib
import copy
import json
import multiprocessing
import os
import time
from pathlib import Path
from random import Random
from typing import Any

import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from sas_configs import shorten_sas
from scene_files import write_dataset
from view_files import write_walks

from uniseg3d.engine.config import load_config
from uniseg3d.engine.launch import build_runner
from uniseg3d.io.infos import write_infos
from uniseg3d.registry import HOOKS

CONFIGS = Path(__file__).parents[2] / 'configs'
SCENES = ('semantic_baseline_rooms', 'uniseg3d_1xb4_rooms', 'sas_stage1_rooms', 'sas_stage2_rooms')
VIEWS = ('dust3r_tiny_rooms', 'must3r_tiny_rooms', 'point3r_tiny_rooms', 'panst3r_tiny_rooms', 'siu3r_tiny_rooms')
STEPS, EVERY = 6, 2  # of a whole training, and between two checkpoints
PATIENCE = 300  # seconds
Step = tuple[str, str]  # what a step saw, and the last bit of its loss


@HOOKS.register_module()
class StepTrace(Hook):
    """A line in a file for each step that is done."""

    priority = 'LOWEST'

    def __init__(self, path: str) -> None:
        self.path = path

    def after_train_iter(self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        with open(self.path, 'a', encoding='utf-8') as file:
            file.write(json.dumps([_seen(data_batch), float(outputs['loss']).hex()]) + '\n')


def _seen(batch: Any) -> str:
    """A sum over everything that the step was shown, so that another augmentation is another batch."""
    numbers = [float(value.double().sum()) for value in _tensors(batch)]
    return sum(numbers).hex()


def _tensors(value: Any) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [] if value.dtype == torch.bool else [value.nan_to_num(0, 0, 0)]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else vars_of(value)
    return [tensor for part in parts for tensor in _tensors(part)]


def vars_of(value: Any) -> list[Any]:
    """Fields of a container."""
    return list(vars(value).values()) if hasattr(value, '__dict__') else []


def write_data(name: str, folder: Path) -> Path:
    """Four scenes, or two walks, as that config reads them."""
    if name in VIEWS:
        return write_walks(folder, scenes=2, frames=14)
    infos = write_dataset(folder, scenes=4, count=900)
    for split in ('train', 'val'):
        write_infos(folder / f'uniseg3d_infos_{split}.json', infos, 'rooms', {})
    return folder


def tiny(name: str, data: Path, work_dir: Path) -> Config:
    """The config as users get it, on those data, for some steps."""
    config = load_config(CONFIGS / f'{name}.py')
    config.work_dir, config.load_from = str(work_dir), None
    if config.model.type == 'SAS':
        work_dir.mkdir(parents=True, exist_ok=True)
        shorten_sas(config, data, work_dir)
    for loader in (config.train_dataloader, config.val_dataloader, config.test_dataloader):
        loader.dataset.data_root, loader.num_workers, loader.persistent_workers = str(data), 0, False
    loader = config.train_dataloader
    loader.batch_size = min(loader.batch_size, 2)
    if name in VIEWS:
        loader.sampler.batch_size = loader.batch_size
        views = loader.sampler.views
        loader.sampler.views = min(views, 4) if isinstance(views, int) else (2, 4)
        loader.dataset.views = min(loader.dataset.views, 4)
    config.train_cfg.update(max_iters=STEPS)
    config.default_hooks.checkpoint.update(iter_interval=EVERY)
    return config


def train(config: Config, trace: Path, resume: bool = False) -> list[Step]:
    """The steps that were done here and now."""
    config = copy.deepcopy(config)
    config.resume = resume
    config.custom_hooks = [*(config.get('custom_hooks') or []), {'type': 'StepTrace', 'path': str(trace)}]
    build_runner(config).train()
    return steps(trace)


def steps(trace: Path) -> list[Step]:
    """Those of which a whole line was written."""
    lines = trace.read_text(encoding='utf-8').splitlines(keepends=True) if trace.exists() else []
    return [tuple(json.loads(line)) for line in lines if line.endswith('\n')]


def _quietly(config: Config, trace: Path) -> None:
    with open(os.devnull, 'w') as nothing, contextlib.redirect_stdout(nothing), contextlib.redirect_stderr(nothing):
        train(config, trace, resume=True)


def killed(config: Config, trace: Path, after: int, rng: Random) -> list[Step]:
    """Train in a process of its own and kill it within a step's time after step ``after``; what it had done by then."""
    process = multiprocessing.get_context('fork').Process(target=_quietly, args=(config, trace))
    begun = time.monotonic()
    process.start()
    while process.is_alive() and len(steps(trace)) < after and time.monotonic() - begun < PATIENCE:
        time.sleep(0.005)
    time.sleep(rng.random() * (time.monotonic() - begun) / (2 * after))
    process.kill()
    process.join()
    return steps(trace)


def weights(work_dir: Path) -> dict[str, torch.Tensor]:
    """What the training ended with: weights and moments."""
    content = torch.load(work_dir / f'iter_{STEPS}.pth', weights_only=True)
    found = dict(content['state_dict'])
    for number, moments in content['optimizer']['state'].items():
        found |= {f'{number} {name}': value for name, value in moments.items() if isinstance(value, torch.Tensor)}
    return found


def differing(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> list[str]:
    """Names of what differs in any bit."""
    assert first.keys() == second.keys()
    return [name for name, value in first.items() if not torch.equal(value, second[name])]
