"""How good an expert is at each class, measured on pictures that show one class each and without labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from uniseg3d.utils.errors import DataError

WHITE = 255


@dataclass(frozen=True, eq=False)
class ClassCapability:
    """Overlap of an expert's masks with the pseudo masks of the pictures of one class."""

    pooled: float  # sum of intersections by sum of unions, as the published program
    per_image: float  # mean of the IoU of each picture, as the paper

    def value(self, per_image: bool) -> float:
        """One of the two."""
        return self.per_image if per_image else self.pooled


def class_capability(predicted: Tensor, pseudo: Tensor) -> ClassCapability:
    """Of masks [I, H, W] bool of I pictures; a picture where both are empty counts as 0."""
    if predicted.shape != pseudo.shape or predicted.ndim != 3 or not len(predicted):
        raise DataError(
            f'masks have shapes {tuple(predicted.shape)} and {tuple(pseudo.shape)}; expected two equal [I, H, W], I > 0'
        )
    both = (predicted & pseudo).flatten(1).sum(1).double()  # [I]
    either = (predicted | pseudo).flatten(1).sum(1).double()
    pooled = both.sum() / either.sum().clamp(min=1)
    return ClassCapability(float(pooled), float((both / either.clamp(min=1)).mean()))


def capability_vector(measured: Mapping[str, float], names: Sequence[str]) -> Tensor:
    """Capability of each of ``names`` [K] float64; 0 where nothing was measured, as for 'other'."""
    strange = sorted(set(measured) - set(names))
    if strange:
        raise DataError(f'capabilities of {", ".join(strange)} were measured; the vocabulary has only {", ".join(names)}')
    return torch.tensor([measured.get(name, 0.0) for name in names], dtype=torch.float64)


def foreground(values: Tensor, exact_white: bool = False) -> Tensor:
    """Mask of a picture with values 0..255. ``exact_white``: only 255 counts, as where masks went through JPEG and a division
    that rounds down."""
    return values == WHITE if exact_white else values > WHITE // 2
