"""mmengine's runner, made safe, and able to run on CPUs as on GPUs."""

import contextlib
from pathlib import Path
from typing import Any

import torch
from mmengine.dist import is_distributed, master_only
from mmengine.evaluator import Evaluator
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmengine.runner.base_loop import BaseLoop
from torch import nn
from torch.utils.data import DataLoader

from uniseg3d.engine.build_errors import explained, require_known
from uniseg3d.engine.hooks.checkpoint import STATE_KEY
from uniseg3d.engine.peers import first_reason_first
from uniseg3d.engine.well_formed import well_formed
from uniseg3d.engine.workers import stop_workers
from uniseg3d.registry import OPTIMIZERS
from uniseg3d.utils.errors import CheckpointError
from uniseg3d.utils.files import atomic_path
from uniseg3d.utils.memory import memory_explained
from uniseg3d.utils.mmengine_compat import (
    declare_torchvision_operators,
    format_configs_once,
    init_distributed,
    safe_checkpoint_loading,
)
from uniseg3d.utils.torch_files import read_torch_file
from uniseg3d.utils.weights import apply_weights, split_weights

SCHEDULE_LENGTHS = ('begin', 'end', 'T_max', 'total_iters')


def schedule_lengths(schedulers: Any) -> list[dict[str, int]]:
    """When each built scheduler starts and ends; the state that a file holds would overwrite it."""
    parts = schedulers.values() if isinstance(schedulers, dict) else [schedulers or []]
    states = [scheduler.state_dict() for part in parts for scheduler in part]
    return [{name: state[name] for name in SCHEDULE_LENGTHS if name in state} for state in states]


class SceneRunner(Runner):
    """Differs from mmengine's runner in this:

    * weights come through the safe reader, and must fit the model unless the config says ``allow_mismatch=True``;
    * checkpoints are complete or absent, and a resumed run continues in the middle of an epoch;
    * processes meet through gloo where there is no GPU;
    * the order of the data and the random numbers of the samples follow the seed of the run.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        safe_checkpoint_loading()
        declare_torchvision_operators()
        format_configs_once()
        self._train_dataloader: Any
        self._run_state: dict[str, Any] | None = None
        self._scheduled = False  # whether the loaded file holds schedules
        with explained():
            super().__init__(*args, **kwargs)

    def train(self) -> nn.Module:
        """Train to the end of the schedule; returns the model."""
        with explained(), first_reason_first(), self._memory_explained('train_dataloader'), contextlib.ExitStack() as ending:
            ending.callback(self._stop_workers)
            return super().train()

    def test(self) -> dict[str, float]:
        """Metrics on the test data."""
        with explained(), first_reason_first(), self._memory_explained('test_dataloader'), contextlib.ExitStack() as ending:
            ending.callback(self._stop_workers)
            return super().test()

    def _memory_explained(self, name: str) -> contextlib.AbstractContextManager[None]:
        """Memory that does not suffice is said with half the batch that was too large."""

        def remedy() -> str:
            size = (self.cfg.get(name) or {}).get('batch_size', 1)
            if size == 1:
                return f'{name}.batch_size is 1 already; take smaller samples, a smaller model or a larger device'
            return f'{name}.batch_size is {size}; half should fit: --cfg-options {name}.batch_size={size // 2}'

        return memory_explained(remedy)

    def _stop_workers(self) -> None:
        for loop in (self._train_loop, self._val_loop, self._test_loop):
            if isinstance(loop, BaseLoop):
                for loader in (loop.dataloader, *getattr(loop, 'others', ())):
                    stop_workers(loader)

    def setup_env(self, env_cfg: dict[str, Any]) -> None:
        """Join the other processes first: mmengine's own way needs a GPU."""
        if self.distributed and not is_distributed():
            init_distributed(self.launcher, **env_cfg.get('dist_cfg', {}))
        super().setup_env(env_cfg)

    def wrap_model(self, model_wrapper_cfg: dict[str, Any] | None, model: nn.Module) -> nn.Module:
        """DistributedDataParallel, which takes no device numbers on CPUs."""
        if self.distributed and not torch.cuda.is_available():
            unused = self.cfg.get('find_unused_parameters', False)
            defaults = {'broadcast_buffers': False, 'find_unused_parameters': unused}
            model_wrapper_cfg = {**defaults, **(model_wrapper_cfg or {}), 'device_ids': None}
        return super().wrap_model(model_wrapper_cfg, model)

    @property
    def base_seed(self) -> int:
        """The seed of the run, the same in every process."""
        return self.seed - (self.rank if self._randomness_cfg.get('diff_rank_seed') else 0)

    def build_dataloader(
        self, dataloader: DataLoader | dict[str, Any], seed: int | None = None, diff_rank_seed: bool = False
    ) -> DataLoader:
        """As mmengine, but the loader draws from a generator of its own, and all processes agree on the order."""
        if isinstance(dataloader, DataLoader):
            return dataloader
        sampler = dict(dataloader['sampler'])
        if sampler.get('type') == 'EpochSampler' and dataloader.get('drop_last'):
            sampler.setdefault('drop_last', True)
        config = {'generator': torch.Generator().manual_seed(self.base_seed), **dataloader, 'sampler': sampler}
        if not config.get('num_workers'):  # DataLoader refuses these without workers
            config = {key: value for key, value in config.items() if key not in ('persistent_workers', 'prefetch_factor')}
        return Runner.build_dataloader(config, seed=self.base_seed, diff_rank_seed=False)

    def build_train_loop(self, loop: BaseLoop | dict[str, Any]) -> BaseLoop:
        """As mmengine; the samples' random numbers follow the seed of the run."""
        loader: Any = self._train_dataloader
        if isinstance(loader, dict):  # an uneven last batch would not be dealt to two processes as to one
            self._train_dataloader = {'drop_last': True, **loader}
        loop = super().build_train_loop(loop)
        self._seed_samples(loop)
        return loop

    def _seed_samples(self, loop: BaseLoop) -> None:
        if hasattr(loop.dataloader.dataset, 'seed'):
            loop.dataloader.dataset.seed = self.base_seed

    def build_optim_wrapper(self, optim_wrapper: Any) -> Any:
        """As mmengine, which calls an optimizer that it did not find."""
        if isinstance(optim_wrapper, dict) and isinstance(optim_wrapper.get('optimizer'), dict):
            require_known(optim_wrapper['optimizer'].get('type'), OPTIMIZERS)
        return super().build_optim_wrapper(optim_wrapper)

    def build_evaluator(self, evaluator: Any) -> Evaluator:
        """As mmengine; processes exchange their results in the work dir, not in a folder left where the run was started."""
        evaluator = super().build_evaluator(evaluator)
        for metric in evaluator.metrics:
            if metric.collect_device == 'cpu' and metric.collect_dir is None:
                metric.collect_dir = str(Path(self.work_dir) / '.collect')
            if getattr(metric, 'folder', self) is None:  # of metrics that write files
                metric.folder = Path(self.work_dir)
        return evaluator

    def _init_model_weights(self) -> None:
        """As mmengine, which would also read the files that a model starts from where a checkpoint replaces all of it."""
        if not (self._resume or (self._load_from and not self.cfg.get('allow_mismatch', False))):
            super()._init_model_weights()

    def load_checkpoint(self, filename: str, map_location: Any = 'cpu', *_: Any, **__: Any) -> dict[str, Any]:
        """Load weights into the model; returns the whole content of the file."""
        content = read_torch_file(filename, map_location)
        split_weights(filename, content)  # refuses what holds no weights before hooks stumble over it
        if isinstance(content.get('meta'), dict):
            content['meta'].pop('config', None)  # mmengine would run this text as a program
        with well_formed(filename):
            self.call_hook('after_load_checkpoint', checkpoint=content)
        weights = split_weights(filename, content)[0]  # EMAHook puts the weights of the last step in place of the average
        self._run_state = content.get(STATE_KEY)
        self._scheduled = 'param_schedulers' in content
        model = self.model.module if is_model_wrapper(self.model) else self.model
        weights = self._adapt_classes(model, weights, content)
        mismatch = apply_weights(model, weights, self.cfg.get('allow_mismatch', False))
        if mismatch:
            self.logger.warning(f'{filename} fits the model only in part, as allow_mismatch=True permits: {mismatch}')
        self._has_loaded = True
        self.logger.info(f'Loaded weights from {filename}')
        return content

    def _adapt_classes(self, model: Any, weights: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
        """A training that starts from weights for other classes keeps what they know of the classes that both have."""
        known = (content.get('meta') or {}).get('dataset_meta') or {}
        if self._resume or self._train_loop is None or 'classes' not in known or not hasattr(model, 'adapt_classes'):
            return weights
        weights, report = model.adapt_classes(weights, tuple(known['classes']), tuple(known.get('stuff', ())))
        if report:
            self.logger.info(report)
        return weights

    def resume(self, filename: str, *args: Any, **kwargs: Any) -> None:
        """Continue a run: weights, optimiser, schedules, log, and the position in the data."""
        asked, lengths = self._randomness_cfg.get('seed'), schedule_lengths(self.param_schedulers)
        with well_formed(filename):
            super().resume(filename, *args, **kwargs)
            if self._run_state and self._run_state['data'] and hasattr(self.train_loop, 'load_state'):
                self.train_loop.load_state(self._run_state['data'])
            stored = schedule_lengths(self.param_schedulers) if self._scheduled else []
        if stored != lengths:
            raise CheckpointError(
                f'{filename} belongs to a run with another learning rate schedule: {stored} there, {lengths} in the config; '
                'keep the length of train_cfg and param_scheduler, or start a new run from its weights with '
                f'--cfg-options load_from={filename}'
            )
        if asked not in (None, self._randomness_cfg.get('seed')):
            self.logger.warning(f'the run goes on with its own seed {self.base_seed}; the seed {asked} is not used')
        self._seed_samples(self.train_loop)

    @master_only
    def save_checkpoint(self, out_dir: str, filename: str, *args: Any, **kwargs: Any) -> None:
        """Write a checkpoint that is complete once it has its name."""
        with atomic_path(Path(out_dir) / filename) as temporary:
            super().save_checkpoint(str(temporary.parent), temporary.name, *args, **kwargs)

    def dump_config(self) -> None:
        """Keep the config beside the weights; a test run does not replace the one that was trained."""
        if self._train_loop is not None:
            super().dump_config()
