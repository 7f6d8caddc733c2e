"""What the views of a scene show, as queries have to answer it: segments that are the same in all views, and their classes."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.utils.errors import DataError


@dataclass(eq=False)
class ViewTruth:
    """n segments in V views. Masks stay what they come from, maps of numbers, and are compared at points only."""

    maps: Tensor  # [V, H, W] int64, number of the segment of every pixel
    numbers: Tensor  # [n] int64, of the segments that count, rising
    labels: Tensor  # [n] int64, their places in the vocabulary
    allowed: Tensor  # [C] bool, classes of the vocabulary that the scene's data set knows

    def __len__(self) -> int:
        return len(self.numbers)

    def classes(self) -> Tensor:
        """Class of every pixel [V, H, W]: that of its segment, -1 where there is none."""
        if not len(self):
            return torch.full_like(self.maps, -1)
        place = torch.searchsorted(self.numbers, self.maps.contiguous()).clamp(max=len(self) - 1)
        return torch.where(self.numbers[place] == self.maps, self.labels[place], -1)

    def read_all(self, points: Tensor) -> Tensor:
        """The masks at the same ``points`` [V or 1, P, 2] (x, y in 0..1) of each view, between pixels bilinear: [n, V * P]."""
        views = len(self.maps)
        points = points.expand(views, -1, -1)
        corners, weights = self._corners(torch.arange(views, device=points.device), points)
        same = corners == self.numbers.view(-1, 1, 1, 1)  # [n, V, P, 4]
        return (same * weights).sum(-1).flatten(1)

    def read_each(self, segments: Tensor, views: Tensor, points: Tensor) -> Tensor:
        """The masks of the rows ``segments`` [R] in the ``views`` [R], each at its own ``points`` [R, P, 2]: [R, P]."""
        corners, weights = self._corners(views, points)
        return ((corners == self.numbers[segments].view(-1, 1, 1)) * weights).sum(-1)

    def _corners(self, views: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
        """Numbers of the four pixels around each of ``points`` [R, P, 2] in ``views`` [R], and their weights: [R, P, 4]."""
        height, width = self.maps.shape[1:]
        place = points.float() * points.new_tensor([width, height]) - 0.5  # (x, y) in pixels
        first = place.floor()
        share = place - first
        columns, rows = (first[..., axis, None].long() + torch.tensor([0, 1], device=points.device) for axis in (0, 1))
        across, down = (torch.stack([1 - share[..., axis], share[..., axis]], -1) for axis in (0, 1))
        weights = down[..., :, None] * across[..., None, :]  # [R, P, 2, 2]
        inside = ((rows >= 0) & (rows < height))[..., :, None] & ((columns >= 0) & (columns < width))[..., None, :]
        rows, columns = rows.clamp(0, height - 1), columns.clamp(0, width - 1)
        numbers = self.maps[views.view(-1, 1, 1, 1), rows[..., :, None], columns[..., None, :]]
        return numbers.flatten(-2), (weights * inside).flatten(-2)


def vocabulary_of(class_sets: Sequence[Sequence[str]]) -> list[str]:
    """All names of the sets, each once, in the order in which they occur."""
    return list(dict.fromkeys(name for names in class_sets for name in names))


def view_truths(batch: ViewBatch, vocabulary: Sequence[str]) -> list[ViewTruth]:
    """The truth of every sequence of a labelled ``batch``; its classes must be in the ``vocabulary``."""
    if batch.instance is None or batch.semantic is None or batch.classes is None:
        raise DataError(
            'the views have no panoptic labels; train on a data set whose layout has them, such as walks with labels'
        )
    place = {name: index for index, name in enumerate(vocabulary)}
    unknown = sorted({name for names in batch.classes for name in names} - set(place))
    if unknown:
        raise DataError(f'the vocabulary of {len(place)} classes lacks {", ".join(unknown[:5])}; add what the data sets name')
    rows = zip(batch.instance, batch.semantic, batch.classes, strict=True)
    return [_truth(maps, semantic, [place[name] for name in names], len(place)) for maps, semantic, names in rows]


def _truth(maps: Tensor, semantic: Tensor, places: Sequence[int], classes: int) -> ViewTruth:
    """``places``: of the sequence's own classes in the vocabulary. A segment is of the class that most of its pixels have."""
    known = (maps > 0) & (semantic >= 0)
    numbers, row = maps[known].unique(return_inverse=True)
    own = len(places)
    votes = (row * own + semantic[known]).bincount(minlength=len(numbers) * own).view(len(numbers), own)
    table = torch.tensor(places, dtype=torch.long, device=maps.device)
    allowed = torch.zeros(classes, dtype=torch.bool, device=maps.device)
    allowed[table] = True
    labels = table[votes.argmax(1)] if own else numbers.new_zeros(0)
    return ViewTruth(maps, numbers, labels, allowed)
