"""Masks of queries in many views, made full-sized one view at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from uniseg3d.structures.container import Container
from uniseg3d.utils.errors import DataError


@dataclass(eq=False)
class ViewMasks(Container):
    """What Q queries say about V views; views may differ in size, and masks are coarser than images."""

    logits: Sequence[Tensor]  # V x [Q, h, w] float
    sizes: Sequence[tuple[int, int]]  # V x (height, width) of the images
    classes: Tensor  # [Q, C] float logits

    def __post_init__(self) -> None:
        if not len(self.logits) == len(self.sizes) > 0:
            raise DataError(f'{len(self.logits)} views have masks and {len(self.sizes)} a size; expected as many, at least one')
        self._check('classes', (None, None), 'float')
        for view, part in enumerate(self.logits):
            if part.ndim != 3 or len(part) != len(self.classes):
                raise DataError(
                    f'masks of view {view} have shape {tuple(part.shape)}; expected maps of {len(self.classes)} queries'
                )

    def __len__(self) -> int:
        return len(self.logits)

    def probabilities(self, queries: Tensor) -> Iterator[Tensor]:
        """Masks [n, H, W] of the ``queries`` [n] in each view, one view after the other."""
        for logits, size in zip(self.logits, self.sizes, strict=True):
            coarse = logits[queries.to(logits.device)].float().sigmoid()
            yield _resized(coarse.to(self.classes.device), size)

    @property
    def padding(self) -> int:
        """Pixels that would be added if all views were made as high as the highest and as wide as the widest."""
        return self.padded_pixels - sum(height * width for height, width in self.sizes)

    @property
    def padded_pixels(self) -> int:
        """Pixels of all views if they were."""
        heights, widths = zip(*self.sizes, strict=True)
        return max(heights) * max(widths) * len(self)


def _resized(coarse: Tensor, size: tuple[int, int]) -> Tensor:
    if not len(coarse):
        return coarse.new_zeros(0, *size)
    return F.interpolate(coarse[None], size, mode='bilinear', align_corners=False)[0]


def class_scores(logits: Tensor, no_object: bool = False) -> Tensor:
    """Probability of each class [Q, C] from ``logits``; with ``no_object`` their last column means that there is nothing."""
    return logits.float().softmax(1)[:, :-1] if no_object else logits.float().sigmoid()
