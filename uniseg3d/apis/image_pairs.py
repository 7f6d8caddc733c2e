"""Pairs of images to pointmaps with a two-view network; each image is encoded once."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any, TypeVar

import torch
from torch import Tensor

from uniseg3d.apis.network_images import PRECISIONS, Image, network_image, network_size
from uniseg3d.geometry.pair_maps import PairMaps
from uniseg3d.models import DUSt3R
from uniseg3d.models.heads.pointmap import PixelAnswers
from uniseg3d.utils.errors import ConfigError

Pair = tuple[int, int]
Size = tuple[int, int]  # H, W
Item = TypeVar('Item')


class PairInferencer:
    """Shows a model pairs of images; each image is encoded once, however many pairs it is in."""

    def __init__(self, model: DUSt3R, precision: str = 'float32', batch_size: int = 8) -> None:
        """``precision``: what encoder and decoder compute in; points are always made in float32."""
        if precision not in PRECISIONS or batch_size < 1:
            known = ', '.join(PRECISIONS)
            raise ConfigError(f'precision {precision!r} must be one of {known}, and batch_size {batch_size} at least 1')
        self.model, self.dtype, self.batch_size = model.eval(), PRECISIONS[precision], batch_size

    def maps(self, images: Sequence[Image], pairs: Sequence[Pair]) -> PairMaps:
        """Pointmaps of ``pairs``, on the model's device; every image must occur in one."""
        points: dict[Pair, tuple[Tensor, Tensor]] = {}
        confidence: dict[Pair, tuple[Tensor, Tensor]] = {}
        for pair, (first, second) in self.each_pair(images, pairs):
            points[pair], confidence[pair] = (first.points, second.points), (first.confidence, second.confidence)
        sizes = [network_size(image) for image in images]
        return PairMaps.of(sizes, pairs, [points[pair] for pair in pairs], [confidence[pair] for pair in pairs])

    @torch.inference_mode()
    def each_pair(self, images: Sequence[Image], pairs: Sequence[Pair]) -> Iterator[tuple[Pair, list[PixelAnswers]]]:
        """What is said of the first and of the second image of every pair; pairs of equal sizes come together."""
        device = next(self.model.parameters()).device
        tensors = [network_image(image, f'image {i}').to(device) for i, image in enumerate(images)]
        sizes = [network_size(image) for image in tensors]
        with self._autocast(device):
            features, positions = self._encode(tensors, sizes)
        for batch in self._batches(pairs, lambda pair: (sizes[pair[0]], sizes[pair[1]])):
            with self._autocast(device):
                views = zip(*batch, strict=True)  # the first images of all pairs, then the second ones
                encoded = [(torch.cat([features[i] for i in view]), positions[sizes[view[0]]]) for view in views]
                answers = self.model.decode(encoded, [sizes[image] for image in batch[0]])
            yield from ((pair, [view.image(row) for view in answers]) for row, pair in enumerate(batch))

    def _encode(self, images: list[Tensor], sizes: list[Size]) -> tuple[dict[int, Tensor], dict[Size, Tensor]]:
        """Features [1, T, dim] of every image, and positions [T, 2] of every size."""
        features: dict[int, Tensor] = {}
        positions: dict[Size, Tensor] = {}
        for batch in self._batches(range(len(images)), lambda i: sizes[i]):
            tokens, positions[sizes[batch[0]]] = self.model.extract_feat(torch.stack([images[i] for i in batch]))
            features.update(zip(batch, tokens.split(1), strict=True))
        return features, positions

    def _batches(self, items: Sequence[Item], size: Callable[[Item], Any]) -> Iterator[list[Item]]:
        for _, group in groupby(sorted(items, key=size), key=size):
            alike = list(group)
            yield from (alike[start : start + self.batch_size] for start in range(0, len(alike), self.batch_size))

    def _autocast(self, device: torch.device) -> torch.autocast:
        return torch.autocast(device.type, self.dtype, enabled=self.dtype is not None)
