"""Stacks of linear layers."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from torch import nn


class MLP(nn.Sequential):
    """Linear layers of the given widths [in, hidden..., out]; every hidden one is followed by LayerNorm and GELU.

    LayerNorm keeps rows independent of each other, so results do not depend on how scenes are batched.
    """

    def __init__(self, widths: Sequence[int]) -> None:
        *hidden, last = pairwise(widths)
        layers = [layer for a, b in hidden for layer in (nn.Linear(a, b), nn.LayerNorm(b), nn.GELU())]
        super().__init__(*layers, nn.Linear(*last))


class PlainMLP(nn.Sequential):
    """Linear layers of the given widths [in, hidden..., out]; every hidden one is followed by the activation only."""

    def __init__(self, widths: Sequence[int], activation: Callable[[], nn.Module] = nn.ReLU) -> None:
        *hidden, last = pairwise(widths)
        layers = [layer for a, b in hidden for layer in (nn.Linear(a, b), activation())]
        super().__init__(*layers, nn.Linear(*last))
