"""Losses are those of the whole batch, and a loss that is not finite ends the run with what is needed to find out why."""

import math
import zlib
from typing import Any

import torch
from mmengine.dist import all_gather_object, all_reduce, get_rank
from mmengine.hooks import Hook
from torch import Tensor

from uniseg3d.registry import HOOKS
from uniseg3d.utils.errors import DivergenceError


@HOOKS.register_module()
class LossGuardHook(Hook):
    """Averages the loss terms over the processes for the log, then stops all of them if one term is NaN or infinite.

    Where processes have different terms, each keeps its own. It runs before anything is logged or saved, so the last
    checkpoint was written before the bad step.
    """

    priority = 'HIGHEST'

    def after_train_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: dict[str, Tensor] | None = None
    ) -> None:
        """Check the terms of this step; ``outputs`` then holds means over the processes, on the CPU."""
        if not outputs:
            return
        own = torch.stack([value.detach().float() for value in outputs.values()]).cpu().double()  # one wait for the GPU
        names = zlib.crc32(','.join(outputs).encode())
        agreed = torch.tensor([float(torch.isfinite(own).all()), names, -names], dtype=torch.float64)
        all_reduce(agreed, op='min')  # of fixed size: a batch without prompts of one kind may have fewer terms
        if not agreed[0]:
            raise DivergenceError(_report(runner.iter + 1, dict(zip(outputs, own.tolist(), strict=True)), data_batch))
        if agreed[1] == -agreed[2]:
            all_reduce(own, op='mean')
        outputs.update(zip(outputs, own, strict=True))


def _report(iteration: int, losses: dict[str, float], data_batch: Any) -> str:
    batch = data_batch.get('batch') if isinstance(data_batch, dict) else None
    scene_ids = list(getattr(batch, 'scene_ids', ['unknown']))
    reports = all_gather_object((get_rank(), losses, scene_ids))
    rank, terms, scenes = next(report for report in reports if _bad(report[1]))
    values = ', '.join(f'{name}={value:.6g}' for name, value in terms.items())
    return (
        f'the loss is not finite at iteration {iteration} (process {rank}): {", ".join(_bad(terms))}; all terms: {values}; '
        f'scenes: {", ".join(scenes)}. The last checkpoint is from before it; check these scenes with tools/check_data.py or '
        'lower the learning rate, then go on with --resume'
    )


def _bad(terms: dict[str, float]) -> list[str]:
    return [name for name, value in terms.items() if not math.isfinite(value)]
