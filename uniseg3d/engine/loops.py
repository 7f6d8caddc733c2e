"""Training loops that can start anywhere: in the middle of an epoch as well as between two."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

from mmengine.runner import EpochBasedTrainLoop, IterBasedTrainLoop
from torch import nn

from uniseg3d.engine.random_state import preserved_random_state
from uniseg3d.registry import LOOPS
from uniseg3d.utils.errors import ConfigError, DataError


@dataclass
class Position:
    """How far the data of a run has been used."""

    epoch: int = 0
    samples: int = 0  # of this epoch, by all processes together
    seed: int | None = None  # of the sampler


class _Resumable(EpochBasedTrainLoop):
    """What both loops share: where they are in the data, batches from there on, and validation that disturbs nothing."""

    position: Position

    def state(self) -> dict[str, Any]:
        """Plain content for a checkpoint."""
        return asdict(self.position)

    def load_state(self, state: dict[str, Any]) -> None:
        """Continue from what :meth:`state` returned."""
        self.position = Position(**state)
        self.dataloader.sampler.seed = self.position.seed

    def _begin(self) -> None:
        if len(self.dataloader) == 0:
            raise DataError(
                f'the training set of {len(self.dataloader.dataset)} samples is smaller than one batch; '
                'set train_dataloader.batch_size lower or train_dataloader.drop_last=False'
            )
        if not hasattr(self.dataloader.sampler, 'start'):
            name = type(self.dataloader.sampler).__name__
            raise ConfigError(f'train_dataloader.sampler is {name}; {type(self).__name__} needs EpochSampler')
        self.position = Position(seed=self.dataloader.sampler.seed)

    @property
    def _step(self) -> int:
        """Samples that all processes together use per iteration."""
        return self.dataloader.batch_size * self.dataloader.sampler.world_size

    def _batches(self) -> Generator[tuple[int, Any], None, None]:
        """The rest of the current epoch, with the number of each batch; keeps the position up to date."""
        self.dataloader.sampler.set_epoch(self.position.epoch, self.position.samples)
        if hasattr(self.dataloader.dataset, 'set_epoch'):
            self.dataloader.dataset.set_epoch(self.position.epoch)
        for index, batch in enumerate(self.dataloader, start=self.position.samples // self._step):
            self.position.samples += self._step
            yield index, batch

    def _next_epoch(self) -> None:
        self.position = Position(self.position.epoch + 1, 0, self.position.seed)

    def _announce(self, done: int, end: int, unit: str) -> None:
        if done >= end:
            self.runner.logger.info(f'this run is complete: {done} of {end} {unit}')

    def _validate(self, done: int, end: int) -> None:
        due = done >= self.val_begin and (done % (self.val_interval or end) == 0 or done == end)
        if self.runner.val_loop is not None and due:
            with preserved_random_state():  # a resumed run may skip the validation, and must draw the same numbers after it
                self.runner.val_loop.run()


@LOOPS.register_module()
class ResumableEpochLoop(_Resumable):
    """Counts in epochs. ``val_interval`` ``None`` validates at the end only; the rest as mmengine's EpochBasedTrainLoop."""

    def __init__(self, runner: Any, dataloader: Any, max_epochs: int, val_interval: int | None = 1, **kwargs: Any) -> None:
        super().__init__(runner, dataloader, max_epochs, val_interval=val_interval or max_epochs, **kwargs)
        self._begin()

    def run(self) -> nn.Module:
        """Train to the last epoch."""
        self._announce(self._epoch, self._max_epochs, 'epochs')
        self.runner.call_hook('before_train')
        while self._epoch < self._max_epochs and not self.stop_training:
            self.run_epoch()
            self._decide_current_val_interval()
            self._validate(self._epoch, self._max_epochs)
        self.runner.call_hook('after_train')
        return self.runner.model

    def run_epoch(self) -> None:
        """The rest of the current epoch."""
        self.runner.call_hook('before_train_epoch')
        self.runner.model.train()
        with closing(self._batches()) as batches:
            for index, batch in batches:
                self.run_iter(index, batch)
        self._next_epoch()
        self.runner.call_hook('after_train_epoch')
        self._epoch += 1


@LOOPS.register_module()
class ResumableIterLoop(_Resumable):
    """Counts in iterations, passing over the data as often as needed. ``val_interval`` ``None`` validates at the end only."""

    def __init__(
        self, runner: Any, dataloader: Any, max_iters: int, val_begin: int = 1, val_interval: int | None = None
    ) -> None:
        if max_iters < 1:
            raise ConfigError(f'train_cfg.max_iters must be at least 1, got {max_iters}')
        super().__init__(runner, dataloader, max_epochs=1, val_begin=val_begin, val_interval=val_interval or max_iters)
        self._max_iters = max_iters
        self._begin()

    def run(self) -> nn.Module:
        """Train to the last iteration."""
        self._announce(self._iter, self._max_iters, 'iterations')
        self.runner.call_hook('before_train')
        self.runner.call_hook('before_train_epoch')  # as mmengine does: the whole run is one big epoch to the hooks
        while self._iter < self._max_iters and not self.stop_training:
            self._one_pass()
        self.runner.call_hook('after_train_epoch')
        self.runner.call_hook('after_train')
        return self.runner.model

    def _one_pass(self) -> None:
        with closing(self._batches()) as batches:
            for _, batch in batches:
                self.runner.model.train()
                self.run_iter(self._iter, batch)
                self._validate(self._iter, self._max_iters)
                if self._iter >= self._max_iters or self.stop_training:
                    return
        self._next_epoch()


def counts_epochs(runner: Any) -> bool:
    """Whether logs and checkpoints of a run are numbered by epochs; test runs without a train loop count as such."""
    return not isinstance(runner._train_loop, ResumableIterLoop | IterBasedTrainLoop)
