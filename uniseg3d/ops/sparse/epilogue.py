"""What an inference network does to the sums of a convolution: a folded normalisation, and an activation."""

from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from uniseg3d.ops.autocast import autocasts


class Epilogue(NamedTuple):
    """``sums * scale + shift``, and no less than zero where there is a ReLU."""

    scale: Tensor  # [C]
    shift: Tensor  # [C]
    relu: bool = False

    def __call__(self, sums: Tensor) -> Tensor:
        """[V, C] to [V, C]: what engines that do not fuse run afterwards, and fused ones must equal."""
        out = torch.addcmul(self.shift, sums, self.scale)  # half the time of torch's normalisation on a CPU
        return out.relu_() if self.relu else out

    def after_bias(self, bias: Tensor | None) -> 'Epilogue':
        """The same for sums to which a bias [C] was to be added first."""
        return self if bias is None else self._replace(shift=torch.addcmul(self.shift, bias, self.scale))


def fold(norm: nn.BatchNorm1d, relu: bool = False) -> Epilogue:
    """A normalisation by running statistics as one multiplication and one addition."""
    mean, variance = cast(Tensor, norm.running_mean), cast(Tensor, norm.running_var)
    scale = norm.weight * torch.rsqrt(variance + norm.eps)
    return Epilogue(scale, norm.bias - mean * scale, relu)


def foldable(norm: nn.Module, features: Tensor) -> bool:
    """Whether ``norm`` of ``features`` is an ``Epilogue``: in inference, with statistics of its own, in one type."""
    return (
        isinstance(norm, nn.BatchNorm1d)
        and not (norm.training or torch.is_grad_enabled() or autocasts(features))
        and norm.running_mean is not None
        and norm.affine
        and norm.weight.dtype == features.dtype
    )


def watched(layer: nn.Module) -> bool:
    """Whether somebody looks at what goes through a layer, so that it must run by itself."""
    return bool(layer._forward_hooks or layer._forward_pre_hooks)
