"""Checkpoints that are either complete or absent, and that continue a run as if it had never stopped."""

from collections import deque
from pathlib import Path
from typing import Any

import torch
from mmengine.dist import all_gather_object, get_rank, is_main_process
from mmengine.hooks import CheckpointHook

from uniseg3d.engine.loops import counts_epochs
from uniseg3d.engine.random_state import get_random_state, set_random_state
from uniseg3d.engine.well_formed import well_formed
from uniseg3d.registry import HOOKS
from uniseg3d.utils.errors import ConfigError, DivergenceError
from uniseg3d.utils.files import write_text
from uniseg3d.utils.mmengine_compat import plain, restore_message_hub

STATE_KEY = 'run_state'  # position in the data and random numbers


@HOOKS.register_module()
class AtomicCheckpointHook(CheckpointHook):
    """mmengine's hook with another order: the new file is complete and named before an old one is removed.

    Each file also holds the position in the data and the random number generators of every process, and only types that
    the safe reader accepts. :class:`SceneRunner` writes the file itself atomically.

    Args:
        interval: epochs between two files, where the train loop counts epochs.
        iter_interval: iterations between two files, where it counts iterations or ``by_epoch=False``.
        by_epoch: count epochs, iterations, or (``None``) what the train loop counts.
        kwargs: those of mmengine's CheckpointHook, without ``published_keys``.
    """

    out_dir: Any

    def __init__(self, interval: int = 1, iter_interval: int = 200, by_epoch: bool | None = None, **kwargs: Any) -> None:
        if kwargs.get('published_keys'):
            raise ConfigError(
                'AtomicCheckpointHook has no published_keys; keep the weights of a file with load_weights instead'
            )
        super().__init__(interval=interval, by_epoch=True, **kwargs)
        self.by_epoch, self._intervals, self._template = by_epoch, (iter_interval, interval), kwargs.get('filename_tmpl')
        self._random_states: list[dict[str, Any]] = []
        self._resumed_states: list[dict[str, Any]] = []

    def before_run(self, runner: Any) -> None:
        """Learn what the train loop counts."""
        if self.by_epoch is None:
            self.by_epoch = counts_epochs(runner)
        self.interval = self._intervals[self.by_epoch]
        self.filename_tmpl = self._template or ('epoch_{}.pth' if self.by_epoch else 'iter_{}.pth')

    def before_save_checkpoint(self, runner: Any, checkpoint: dict[str, Any]) -> None:
        """Add the state of the run, and make all else plain."""
        checkpoint.update({key: plain(value) for key, value in checkpoint.items() if key != 'state_dict'})
        data = runner.train_loop.state() if hasattr(runner.train_loop, 'state') else None
        checkpoint[STATE_KEY] = {'data': data, 'random': self._random_states}

    def after_load_checkpoint(self, runner: Any, checkpoint: dict[str, Any]) -> None:
        """Turn plain content back; the random numbers wait until the run starts."""
        if STATE_KEY not in checkpoint:
            return
        checkpoint['message_hub'] = restore_message_hub(checkpoint['message_hub'])
        self._resumed_states = checkpoint[STATE_KEY]['random']

    def before_train(self, runner: Any) -> None:
        """Put the random numbers back: this hook runs last, so nothing draws from them before the first step."""
        self.out_dir = str(Path(self.out_dir) / Path(runner.work_dir).name) if self.out_dir else runner.work_dir
        if is_main_process():
            for folder in (Path(runner.work_dir), Path(self.out_dir)):
                _remove_leftovers(folder)
        info = runner.message_hub.runtime_info
        self.keep_ckpt_ids = deque(info.get('keep_ckpt_ids', []), self.max_keep_ckpts if self.max_keep_ckpts > 0 else None)
        if get_rank() < len(self._resumed_states):
            with well_formed(runner._load_from):
                set_random_state(self._resumed_states[get_rank()])
        elif self._resumed_states:
            runner.logger.warning('more processes than before the interruption: this one starts with fresh random numbers')

    def _save_checkpoint_with_step(self, runner: Any, step: int, meta: dict[str, Any]) -> None:
        name = self.filename_tmpl.format(step)
        self.last_ckpt = str(Path(self.out_dir) / name)
        outdated = self._updated_keep_list(runner, step)
        runner.message_hub.update_info('last_ckpt', self.last_ckpt)
        self._save(runner, name, meta, self.save_optimizer, self.save_param_scheduler)
        if is_main_process():
            write_text(Path(runner.work_dir) / 'last_checkpoint', self.last_ckpt)
            for old in outdated:
                (Path(self.out_dir) / self.filename_tmpl.format(old)).unlink(missing_ok=True)

    def _updated_keep_list(self, runner: Any, step: int) -> list[int]:
        """Count ``step`` among the kept files; returns the steps whose files are outdated once this one is written."""
        if self.max_keep_ckpts <= 0:
            return []
        kept = [*(old for old in self.keep_ckpt_ids if old != step), step]
        self.keep_ckpt_ids.clear()
        self.keep_ckpt_ids.extend(kept[-self.max_keep_ckpts :])
        runner.message_hub.update_info('keep_ckpt_ids', list(self.keep_ckpt_ids))
        return kept[: -self.max_keep_ckpts]

    def _save(self, runner: Any, name: str, meta: dict[str, Any], optimizer: bool, scheduler: bool) -> None:
        _refuse_divergence(runner, name)
        self._random_states = all_gather_object(get_random_state())
        runner.save_checkpoint(
            self.out_dir,
            name,
            save_optimizer=optimizer,
            save_param_scheduler=scheduler and runner.param_schedulers is not None,
            meta=meta,
            by_epoch=self.by_epoch,
        )

    def _save_best_checkpoint(self, runner: Any, metrics: dict[str, float]) -> None:
        if not self.save_best:
            return
        if 'auto' in self.key_indicators:
            self._init_rule(self.rules, [next(iter(metrics))])
        step = runner.epoch if self.by_epoch else runner.iter
        meta = {'epoch': runner.epoch, 'iter': runner.iter}
        better = [key for key in self.key_indicators if self._is_new_best(runner, key, metrics)]
        for key in better:
            self._save_best(runner, key, step, dict(meta))
        if better and self.last_ckpt is not None:  # so that a resumed run knows the best so far
            self._save_checkpoint_with_step(runner, step, meta)

    def _is_new_best(self, runner: Any, key: str, metrics: dict[str, float]) -> bool:
        if metrics.get(key) is None:
            runner.logger.warning(f'save_best: the validation returned no {key}; it returned {", ".join(metrics)}')
            return False
        info = self._best_names(key)[0]
        best = runner.message_hub.runtime_info.get(info)
        if best is not None and not self.is_better_than[key](metrics[key], best):
            return False
        runner.message_hub.update_info(info, metrics[key])
        return True

    def _best_names(self, key: str) -> tuple[str, str]:
        """Entries of the message hub for score and file; mmengine's names."""
        single = len(self.key_indicators) == 1
        return ('best_score', 'best_ckpt') if single else (f'best_score_{key}', f'best_ckpt_{key}')

    def _save_best(self, runner: Any, key: str, step: int, meta: dict[str, Any]) -> None:
        hub, (_, info) = runner.message_hub, self._best_names(key)
        previous = hub.runtime_info.get(info)
        path = Path(self.out_dir) / f'best_{key}_{self.filename_tmpl.format(step)}'.replace('/', '_')
        hub.update_info(info, str(path))
        self._save(runner, path.name, meta, optimizer=False, scheduler=False)
        # only the name: the folder is that of the run which wrote the entry, and this run may be a copy of it
        old = Path(self.out_dir) / Path(previous or '').name
        if old.name.startswith(f'best_{key}_'.replace('/', '_')) and old != path and is_main_process():
            old.unlink(missing_ok=True)
        runner.logger.info(f'best {key} so far, saved as {path.name}')


def _refuse_divergence(runner: Any, name: str) -> None:
    """The loss is computed before the step: a step that spoils the weights shows in no loss yet."""
    finite = [parameter.detach().isfinite().all() for parameter in runner.model.parameters()]
    if finite and not torch.stack(finite).all():  # one wait for the GPU
        raise DivergenceError(
            f'the weights are not finite after the last step, so {name} was not written; lower the learning rate or clip the '
            'gradients, then go on from the checkpoint before with --resume'
        )


def _remove_leftovers(folder: Path) -> None:
    """Files that a killed run was writing."""
    for path in folder.glob('.tmp-*'):
        path.unlink(missing_ok=True)
