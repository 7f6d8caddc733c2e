"""From patches to pixels by perceptrons and shuffling: PanSt3R's first upscaler."""

from collections.abc import Mapping

import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.models.layers.feed_forward import FeedForward
from uniseg3d.models.layers.linear import init_linears
from uniseg3d.models.layers.upscaled import Upscaled, as_map
from uniseg3d.registry import MODELS
from uniseg3d.utils.renaming import Value, rename

NAMES = {r'proj_16\.': 'level.', r'proj_8\.': 'steps.0.', r'proj_4\.': 'steps.1.', r'proj_2\.': 'steps.2.'}


@MODELS.register_module()
class PixelShuffleUpscaler(nn.Module):
    """Each step doubles the resolution: a perceptron makes four cells of one. ``widths`` are the channels after the steps."""

    def __init__(self, in_dim: int, dim: int = 768, widths: tuple[int, ...] = (512, 384, 256), mlp_ratio: float = 4.0) -> None:
        super().__init__()
        self.level = FeedForward(in_dim, int(in_dim * mlp_ratio), dim)
        before = (in_dim, *widths[:-1])
        self.steps = nn.ModuleList(
            FeedForward(narrow, int(narrow * mlp_ratio), 4 * wide) for narrow, wide in zip(before, widths, strict=True)
        )
        init_linears(self)

    def forward(self, tokens: Tensor, images: Tensor, grid: tuple[int, int]) -> Upscaled:
        """``tokens`` [V, T, in_dim] of images with ``grid`` = rows x columns patches; the ``images`` are not looked at."""
        cells = tokens.unflatten(1, grid)  # [V, rows, columns, C]
        for step in self.steps:
            cells = F.pixel_shuffle(step(cells).movedim(-1, 1), 2).movedim(1, -1)
        return Upscaled(as_map(self.level(tokens), grid), cells.movedim(-1, 1))


def remap_keys(weights: Mapping[str, Value]) -> dict[str, Value]:
    """A published upscaler's ``weights`` under our names."""
    return rename(weights, NAMES)
