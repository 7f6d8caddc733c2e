"""From a config to a runner, and from command-line options to a config."""

import itertools
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config

from uniseg3d.engine.autocast import use_mixed_precision
from uniseg3d.engine.config import load_config
from uniseg3d.engine.options import RunOptions, TestOptions, TrainOptions
from uniseg3d.engine.resume import announce, check_resumable, existing_weights, newest_good
from uniseg3d.engine.runner import SceneRunner
from uniseg3d.utils.errors import ConfigError
from uniseg3d.utils.files import require_writable

TRAINING_KEYS = ('train_dataloader', 'train_cfg', 'optim_wrapper', 'param_scheduler', 'auto_scale_lr')
TEST_KEYS = ('test_dataloader', 'test_cfg', 'test_evaluator')
VALIDATION_KEYS = ('val_dataloader', 'val_cfg', 'val_evaluator')
UNTRAINED = 'untrained'  # in the place of a checkpoint: the weights that training would start from
MAX_SEED = 2**32 - 2**10  # numpy's limit, with room for the rank that diff_rank_seed adds
_runs = itertools.count()


def run_training(options: TrainOptions) -> SceneRunner:
    """Train; returns the runner."""
    config = _configured(options)
    _require(config, 'model', 'train_dataloader', 'train_cfg', 'optim_wrapper')
    if options.resume:
        config.resume = True if options.resume == 'auto' else options.resume
    if options.amp:
        use_mixed_precision(config)
    if options.auto_scale_lr:
        if 'base_batch_size' not in (config.get('auto_scale_lr') or {}):
            raise ConfigError(
                '--auto-scale-lr needs auto_scale_lr=dict(base_batch_size=...) in the config: the batch of its lr'
            )
        config.auto_scale_lr.enable = True
    runner = build_runner(config)
    runner.train()
    return runner


def run_test(options: TestOptions) -> dict[str, float]:
    """Metrics of a checkpoint."""
    config = _configured(options)
    _require(config, 'model', *TEST_KEYS)
    options = _hand_over_dump(config, options)
    _refuse_scene_options(config, options)
    untrained = options.checkpoint == UNTRAINED
    config.load_from, config.resume = None if untrained else str(existing_weights(options.checkpoint)), False
    config.update(dict.fromkeys((*TRAINING_KEYS, *VALIDATION_KEYS)))
    hooks = list(config.get('custom_hooks') or [])
    if options.dump:
        hooks.append({'type': 'PredictionDumpHook', 'folder': options.dump})
    if options.show_dir:
        drawing = {'folder': options.show_dir, 'count': options.show_count}
        hooks.append({'type': 'PictureHook', **drawing, **(config.get('pictures') or {})})
    config.custom_hooks = hooks
    if options.format_only is not None:
        measured = config.test_evaluator if isinstance(config.test_evaluator, dict) else {}
        # where single tasks are measured, the classes are those of the truth, not those that the model predicts
        keys = ('names',) if measured.get('tasks') else ('classes', 'names')
        lists = {key: measured[key] for key in keys if measured.get(key)}
        folder = options.format_only or f'{_work_dir(config)}/format'
        config.test_evaluator = {'type': 'BenchmarkWriter', 'folder': folder, **lists}
    if options.tta and options.clicks is not None:
        raise ConfigError('--tta and --clicks exclude each other: augmented copies vote on classes, not on clicked masks')
    if options.tta:
        use_augmented_copies(config)
    if options.clicks is not None:
        use_simulated_user(config, options.clicks)
    return build_runner(config).test()


def _hand_over_dump(config: Config, options: TestOptions) -> TestOptions:
    """Rendered views are dumped by their metric, which has drawn them: as the files that SIU3R's evaluation reads."""
    measured = config.test_evaluator if isinstance(config.test_evaluator, list) else [config.test_evaluator]
    drawing = [metric for metric in measured if isinstance(metric, dict) and metric.get('type') == 'NovelViewMetric']
    if options.dump is None or not drawing:
        return options
    for metric in drawing:
        metric['dump'] = options.dump
    return replace(options, dump=None)


def _refuse_scene_options(config: Config, options: TestOptions) -> None:
    """What is written and clicked are masks of scenes; sequences of views are answered by points."""
    asked = {
        '--dump': options.dump,
        '--show-dir': options.show_dir,
        '--clicks': options.clicks,
        '--format-only': options.format_only,
    }
    found = ' and '.join(name for name, value in asked.items() if value is not None)
    if found and (config.test_dataloader.get('collate_fn') or {}).get('type') == 'uniseg3d.collate_views':
        raise ConfigError(
            f'{config.filename} tests sequences of views, which {found} cannot serve; leave it out, and use '
            'tools/reconstruct.py to write points, cameras and depths'
        )


def use_augmented_copies(config: Config) -> None:
    """``--tta``: run every pipeline of ``tta_pipelines`` and let the copies vote."""
    if not config.get('tta_pipelines'):
        raise ConfigError('--tta needs tta_pipelines=[[...], ...] in the config: one test pipeline per augmented copy')
    config.test_cfg = {'type': 'VotingTestLoop', 'pipelines': config.tta_pipelines}


def use_simulated_user(config: Config, rounds: int) -> None:
    """``--clicks``: a simulated user corrects the mask of every clicked object until it has had ``rounds`` clicks."""
    config.test_cfg = {**config.test_cfg, 'type': 'ClickingTestLoop', 'rounds': rounds}


def _configured(options: RunOptions) -> Config:
    config = load_config(options.config, options.overrides)
    config.launcher = options.launcher
    if options.work_dir:
        config.work_dir = options.work_dir
    randomness = dict(config.get('randomness') or {})
    if options.seed is not None:
        randomness['seed'] = options.seed
    seed = randomness.get('seed')
    if seed is not None and not (isinstance(seed, int) and 0 <= seed < MAX_SEED):
        raise ConfigError(f'the seed must be a whole number from 0 to {MAX_SEED - 1}, got {seed!r}')
    if options.deterministic:
        os.environ.setdefault('CUBLAS_WORKSPACE_CONFIG', ':4096:8')  # without it cuBLAS refuses deterministic algorithms
        randomness['deterministic'] = True
    config.randomness = randomness or {'seed': None}
    return config


def _require(config: Config, *keys: str) -> None:
    missing = [key for key in keys if not config.get(key)]
    if missing:
        raise ConfigError(
            f'{config.filename} lacks {", ".join(missing)}; add them, or name base files that have them in _base_'
        )


def _name(config: Config) -> str:
    return Path(config.filename).stem if config.filename else 'unnamed'


def _work_dir(config: Config) -> str:
    return config.get('work_dir') or f'work_dirs/{_name(config)}'


def build_runner(config: Config) -> SceneRunner:
    """Runner of a config, after everything has been checked that can be checked before data is read.

    ``config.resume``: False, True (newest good checkpoint of the work dir, or a fresh start if there is none), or a file.
    """
    config.work_dir = _work_dir(config)
    number = next(_runs)
    if number:  # mmengine would let two runs of one process that start in the same second share their log and history
        config.experiment_name = f'{_name(config)}-{number}'
    require_writable(config.work_dir)
    _settle_start(config)
    _share_cores(config.get('train_dataloader') or {})
    return SceneRunner.from_cfg(config)


def _share_cores(loader: Mapping[str, Any]) -> None:
    """Leave the loader's workers their cores.

    On a CPU, threads wait for one another many times a step, and spin: two threads on two free cores take .7 of the time of
    one, but where another program wants one of these cores, eight times as long.
    """
    if torch.cuda.is_available() or 'OMP_NUM_THREADS' in os.environ:
        return
    torch.set_num_threads(max(1, (os.cpu_count() or 1) - loader.get('num_workers', 0)))


def _settle_start(config: Config) -> None:
    """Replace ``resume`` by what mmengine knows: a flag and the file in ``load_from``; and work dirs by their newest files."""
    resume = config.get('resume', False)
    if isinstance(resume, str):
        resume = existing_weights(resume)
        check_resumable(resume)
    elif resume:
        resume = newest_good(config.work_dir)
        if resume is None:
            announce(f'nothing to resume in {config.work_dir}: starting from the beginning')
    if resume:
        announce(f'resuming from {resume}')
        config.load_from = str(resume)
    elif config.get('load_from'):
        config.load_from = str(existing_weights(config.load_from))
    config.resume = bool(resume)
    for name in ('dust3r_weights', 'must3r_weights', 'geometry_weights', 'mask_weights'):
        start = config.model.get(name)
        if start and not resume and Path(start).is_dir():
            config.model[name] = str(existing_weights(start))
