"""What a decoder remembers of the images that it was shown."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import torch
from torch import Tensor

from uniseg3d.structures.container import Container

FIRST = 0  # the label of the image whose camera is the world


@dataclass(eq=False)
class ViewMemory(Container):
    """Tokens of images, one after the other, for B scenes; every block of the decoder has tokens of its own.

    A memory is never changed: what follows from it is a new one, and the tensors that are equal are shared.
    """

    form: str  # one of MemoryBlock's
    layers: list[Tensor]  # of every block [B, M, width]
    labels: tuple[int, ...]  # of the images that are kept, in the order of their tokens
    lengths: tuple[int, ...]  # tokens of each
    seen: int  # images that were ever added: the label of the next one
    protected: int  # images with labels below this are never hidden
    hidden: Tensor | None = None  # [B, M] bool, true = dropped for good in training

    def __len__(self) -> int:
        """Images that are kept."""
        return len(self.labels)

    @property
    def tokens(self) -> int:
        """Tokens of all images that are kept."""
        return sum(self.lengths)

    @property
    def bytes(self) -> int:
        """What the tokens take."""
        return sum(layer.numel() * layer.element_size() for layer in self.layers)

    def token_labels(self) -> Tensor:
        """The label of every token [M]."""
        labels, lengths = torch.tensor([self.labels, self.lengths])
        return labels.repeat_interleave(lengths).to(self.layers[0].device)

    def put(self, layers: Sequence[Tensor], labels: Sequence[int], lengths: Sequence[int]) -> 'ViewMemory':
        """With the tokens of further images; those of known ones replace the old, but the first image keeps its own."""
        kept = dict(zip(self.labels, self.lengths, strict=True))
        new = {label: length for label, length in zip(labels, lengths, strict=True) if label != FIRST or label not in kept}
        merged = [self._merged(old, more, labels, lengths, new) for old, more in zip(self.layers, layers, strict=True)]
        hidden = None
        if self.hidden is not None:
            shown = self.hidden.new_zeros(len(self.hidden), sum(lengths))
            hidden = self._merged(self.hidden, shown, labels, lengths, new)
        found = kept | new
        seen = max(self.seen, *(label + 1 for label in labels))
        return replace(self, layers=merged, labels=tuple(found), lengths=tuple(found.values()), seen=seen, hidden=hidden)

    def _merged(self, old: Tensor, more: Tensor, labels: Sequence[int], lengths: Sequence[int], new: Collection[int]) -> Tensor:
        pieces = dict(zip(self.labels, old.split(self.lengths, 1), strict=True))
        added = dict(zip(labels, more.split(list(lengths), 1), strict=True))
        return torch.cat(list((pieces | {label: added[label] for label in new}).values()), 1)

    def forget(self, label: int) -> 'ViewMemory':
        """Without the tokens of one image."""
        row = self.labels.index(label)
        stop = list(accumulate(self.lengths))[row]
        start = stop - self.lengths[row]
        layers = [torch.cat([layer[:, :start], layer[:, stop:]], 1) for layer in self.layers]
        hidden = None if self.hidden is None else torch.cat([self.hidden[:, :start], self.hidden[:, stop:]], 1)
        labels, lengths = (values[:row] + values[row + 1 :] for values in (self.labels, self.lengths))
        return replace(self, layers=layers, labels=labels, lengths=lengths, hidden=hidden)
