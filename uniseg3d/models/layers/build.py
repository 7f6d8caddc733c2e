"""Parts of a model may be given built or as configs."""

from typing import Any

from torch import nn

from uniseg3d.registry import MODELS


def as_module(part: nn.Module | dict[str, Any]) -> nn.Module:
    """``part`` itself if it is a module, else the module its config describes."""
    return part if isinstance(part, nn.Module) else MODELS.build(part)
