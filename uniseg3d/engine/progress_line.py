"""The line that a running training prints."""

import resource
import sys
from typing import Any

import torch
from mmengine.runner import LogProcessor

from uniseg3d.engine.loops import counts_epochs
from uniseg3d.registry import LOG_PROCESSORS


@LOG_PROCESSORS.register_module()
class ProgressLine(LogProcessor):
    """mmengine's line: position, learning rate, time left, every loss term.

    It shows the memory also where there is no GPU, and counts epochs or iterations as the train loop does.
    """

    def get_log_after_iter(self, runner: Any, batch_idx: int, mode: str) -> tuple[dict[str, Any], str]:
        """Values for the back ends, and the line after a step."""
        self.by_epoch = counts_epochs(runner)
        tag, line = super().get_log_after_iter(runner, batch_idx, mode)
        if not torch.cuda.is_available():
            tag['memory'] = peak_memory()
            line = f'{line}  memory: {tag["memory"]}'
        return tag, line

    def get_log_after_epoch(self, runner: Any, batch_idx: int, mode: str, with_non_scalar: bool = False) -> tuple[dict, str]:
        """Values for the back ends, and the line after a validation or test."""
        self.by_epoch = counts_epochs(runner)
        return super().get_log_after_epoch(runner, batch_idx, mode, with_non_scalar)


def peak_memory() -> int:
    """Largest resident memory of this process so far, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1 << 20 if sys.platform == 'darwin' else 1 << 10)
