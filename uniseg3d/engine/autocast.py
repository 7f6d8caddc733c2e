"""Mixed precision on every device."""

import contextlib
from collections.abc import Iterator

import torch
from mmengine.config import Config
from mmengine.optim import OptimWrapper
from torch import nn

from uniseg3d.registry import OPTIM_WRAPPERS
from uniseg3d.utils.errors import ConfigError


@OPTIM_WRAPPERS.register_module()
class BFloat16OptimWrapper(OptimWrapper):
    """Runs the forward pass in bfloat16 where that is safe; needs no loss scale, and works on CPUs."""

    @contextlib.contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Autocast on top of gradient accumulation."""
        device = next(model.parameters()).device.type
        with super().optim_context(model), torch.autocast(device, dtype=torch.bfloat16):
            yield


def use_mixed_precision(config: Config) -> None:
    """``--amp``: half precision with a dynamic loss scale on GPUs, bfloat16 on CPUs or where ``dtype`` asks for it."""
    wrapper = config.optim_wrapper
    if wrapper.get('type', 'OptimWrapper') not in ('OptimWrapper', 'AmpOptimWrapper', 'BFloat16OptimWrapper'):
        raise ConfigError(f'--amp replaces OptimWrapper, but the config has optim_wrapper.type={wrapper.type}; leave out --amp')
    bfloat16 = wrapper.pop('dtype', None) == 'bfloat16' or not torch.cuda.is_available()
    if bfloat16:
        wrapper.pop('loss_scale', None)
        wrapper.update(type='BFloat16OptimWrapper')
    else:
        wrapper.update(type='AmpOptimWrapper', loss_scale=wrapper.get('loss_scale', 'dynamic'))
