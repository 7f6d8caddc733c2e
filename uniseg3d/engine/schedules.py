"""Learning rates over a run, beside those of mmengine."""

import math
from typing import Any

from mmengine.optim.scheduler.lr_scheduler import LRSchedulerMixin
from mmengine.optim.scheduler.param_scheduler import _ParamScheduler

from uniseg3d.registry import PARAM_SCHEDULERS
from uniseg3d.utils.errors import ConfigError


def warmup_cosine(position: float, peak: float, least: float, warmup: float, end: float) -> float:
    """Straight from 0 to ``peak`` until ``warmup``, then half a cosine down to ``least`` at ``end``; any unit of time."""
    if position < warmup:
        return peak * position / warmup
    share = min((position - warmup) / (end - warmup), 1.0)
    return least + (peak - least) * 0.5 * (1 + math.cos(math.pi * share))


@PARAM_SCHEDULERS.register_module()
class WarmupCosineLR(LRSchedulerMixin, _ParamScheduler):
    """The learning rate of :func:`warmup_cosine` at every iteration, as the pointmap networks are trained.

    With ``by_epoch=True, convert_to_iter_based=True`` ``warmup`` and ``end`` are epochs, also fractions of one.
    """

    def __init__(self, optimizer: Any, warmup: float, eta_min: float, end: int, **kwargs: Any) -> None:
        if not 0 <= warmup < end:
            raise ConfigError(f'WarmupCosineLR: expected 0 <= warmup < end, got warmup={warmup} and end={end}')
        self.warmup, self.eta_min = warmup, eta_min
        super().__init__(optimizer, end=end, **kwargs)

    @classmethod
    def build_iter_from_epoch(
        cls, *args: Any, warmup: float, end: int, epoch_length: int, begin: int = 0, by_epoch: bool = True, **kwargs: Any
    ) -> 'WarmupCosineLR':
        """The same schedule counted in iterations; mmengine calls this where the config says so."""
        lengths: dict[str, Any] = {'warmup': warmup * epoch_length, 'begin': begin * epoch_length, 'end': end * epoch_length}
        return cls(*args, **kwargs, **lengths, by_epoch=False)  # type: ignore[misc]

    def _get_value(self) -> list[float]:
        position = self.last_step
        return [warmup_cosine(position, base, self.eta_min, self.warmup, self.end) for base in self.base_values]


@PARAM_SCHEDULERS.register_module()
class TenfoldPolyLR(LRSchedulerMixin, _ParamScheduler):
    """The rate that OpenScene and SAS really train with, iteration by iteration.

    The first step has the configured rate; every later one ``factor`` times it, falling as (1 - share of the run)^power.
    """

    def __init__(self, optimizer: Any, end: int, power: float = 0.9, factor: float = 10.0, **kwargs: Any) -> None:
        if end < 1:
            raise ConfigError(f'TenfoldPolyLR: expected a run of at least one iteration, got end={end}')
        self.power, self.factor = power, factor
        super().__init__(optimizer, end=end, **kwargs)

    @classmethod
    def build_iter_from_epoch(
        cls, *args: Any, end: int, epoch_length: int, begin: int = 0, by_epoch: bool = True, **kwargs: Any
    ) -> 'TenfoldPolyLR':
        """The same schedule counted in iterations; mmengine calls this where the config says so."""
        lengths: dict[str, Any] = {'begin': begin * epoch_length, 'end': end * epoch_length}
        return cls(*args, **kwargs, **lengths, by_epoch=False)  # type: ignore[misc]

    def _get_value(self) -> list[float]:
        if self.last_step == 0:
            return list(self.base_values)
        left = max(1 - self.last_step / self.end, 0.0)
        return [self.factor * base * left**self.power for base in self.base_values]
