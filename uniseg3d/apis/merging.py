"""Answers about the tiles of a scene as one answer about the scene, superpoint by superpoint."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import torch
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from torch import Tensor

from uniseg3d.apis.tiling import Tile
from uniseg3d.structures import MaskSet, PanopticMap

SAME = 0.5  # least IoU, where two tiles overlap, of two masks of one object
MOST_MASKS = 150  # of a tile, by score


@dataclass
class _Mask:
    """Masks of one tile."""

    masks: np.ndarray  # [n, m] bool
    scores: np.ndarray  # [n] decreasing
    labels: np.ndarray  # [n]


class Merger:
    """Joins what ``tiles`` say about M superpoints with ``sizes`` [M] points."""

    def __init__(self, tiles: Sequence[Tile], sizes: np.ndarray) -> None:
        self.tiles, self.sizes = tiles, sizes.astype(np.float32)
        self.home = np.zeros(len(sizes), np.int64)  # [M] tile whose answer counts
        for number, tile in enumerate(tiles):
            self.home[tile.superpoints[tile.home]] = number

    def values(self, parts: Sequence[Tensor]) -> Tensor:
        """Values [m] of every tile to values [M]: each superpoint takes that of its home."""
        result = parts[0].new_zeros(len(self.sizes))
        for tile, part in zip(self.tiles, parts, strict=True):
            result[torch.from_numpy(tile.superpoints[tile.home])] = part.cpu()[torch.from_numpy(tile.home)]
        return result

    def masks(self, parts: Sequence[MaskSet]) -> MaskSet:
        """Instances of all tiles; those that two tiles agree about where they overlap become one."""
        found = [
            _Mask(*(getattr(p.to('cpu'), name)[:MOST_MASKS].numpy() for name in ('masks', 'scores', 'labels'))) for p in parts
        ]
        group, kept = self._groups(found, drop=True)
        rows = self._paint(found, group, kept)
        scores = np.zeros(len(rows), np.float32)
        labels = np.full(len(rows), -1, np.int64)
        np.maximum.at(scores, group[kept], np.concatenate([f.scores for f in found])[kept])
        labels[group] = np.concatenate([f.labels for f in found])
        order = np.argsort(-scores, kind='stable')
        order = order[rows[order].any(1)]
        return MaskSet(*(torch.from_numpy(values[order]) for values in (rows, scores, labels)))

    def panoptic(self, parts: Sequence[PanopticMap], num_stuff: int) -> PanopticMap:
        """Every superpoint keeps class and segment of its home; segments that two tiles agree about become one."""
        found = [_things(part.to('cpu'), num_stuff) for part in parts]
        group, _ = self._groups(found, drop=False)
        starts = np.cumsum([0, *(len(f.scores) for f in found)])
        segments = []
        for part, start in zip(parts, starts, strict=False):
            segment = part.segment.cpu()
            thing = segment >= num_stuff
            ids = torch.unique(segment[thing], return_inverse=True)[1]
            segment = segment.clone()
            segment[thing] = torch.from_numpy(group)[start + ids] + num_stuff
            segments.append(segment)
        return PanopticMap(self.values([part.semantic for part in parts]), _without_gaps(self.values(segments), num_stuff))

    def prompts(self, answers: Sequence[tuple[int, np.ndarray, MaskSet]]) -> MaskSet:
        """Masks of prompts in their order; each entry: a tile, the prompts [k] it was chosen for, and its masks for them."""
        order = torch.from_numpy(np.argsort(np.concatenate([rows for _, rows, _ in answers]), kind='stable'))
        masks = torch.cat([self._widened(number, part.masks.cpu()) for number, _, part in answers])
        values = {name: [getattr(part, name) for _, _, part in answers] for name in ('scores', 'labels', 'class_probabilities')}
        joined: dict[str, Any] = {
            name: None if part[0] is None else torch.cat(part).cpu()[order] for name, part in values.items()
        }
        return MaskSet(masks[order], **joined)

    def _widened(self, number: int, masks: Tensor) -> Tensor:
        wide = torch.zeros(len(masks), len(self.sizes), dtype=torch.bool)
        wide[:, torch.from_numpy(self.tiles[number].superpoints)] = masks
        return wide

    def _groups(self, found: Sequence[_Mask], drop: bool) -> tuple[np.ndarray, np.ndarray]:
        """Number of the object that each mask shows, over the masks of all tiles, and which masks count.

        A mask without a partner in the tiles around counts where most of it is at home, if ``drop``: elsewhere the tile that
        sees it better did not find it.
        """
        starts = np.cumsum([0, *(len(f.scores) for f in found)])
        pairs = [np.zeros((0, 2), np.int64)]
        for a, b in combinations(range(len(found)), 2):
            pairs.append(self._partners(a, b, found) + starts[[a, b]])
        joined = np.concatenate(pairs)
        total = starts[-1]
        graph = coo_matrix((np.ones(len(joined)), joined.T), (total, total))
        group = connected_components(graph, directed=False)[1].astype(np.int64) if total else np.zeros(0, np.int64)
        kept = np.zeros(total, bool)
        kept[joined.ravel()] = True
        if not drop:
            return group, np.ones(total, bool)
        for number, (tile, masks) in enumerate(zip(self.tiles, found, strict=True)):
            points = masks.masks * self.sizes[tile.superpoints]
            kept[starts[number] : starts[number + 1]] |= 2 * (points * tile.home).sum(1) >= points.sum(1)
        return group, kept

    def _partners(self, a: int, b: int, found: Sequence[_Mask]) -> np.ndarray:
        """Pairs [p, 2] of masks of two tiles, each the other's best match of the same label where the tiles overlap."""
        none = np.zeros((0, 2), np.int64)
        if not len(found[a].scores) or not len(found[b].scores):
            return none
        shared, in_a, in_b = np.intersect1d(
            self.tiles[a].superpoints, self.tiles[b].superpoints, assume_unique=True, return_indices=True
        )
        if not len(shared):
            return none
        left, right = found[a].masks[:, in_a].astype(np.float32), found[b].masks[:, in_b].astype(np.float32)
        common = (left * self.sizes[shared]) @ right.T
        union = (left @ self.sizes[shared])[:, None] + right @ self.sizes[shared] - common
        overlap = np.where(found[a].labels[:, None] == found[b].labels, common / np.maximum(union, 1), 0)
        best = overlap.argmax(1)
        rows = np.flatnonzero((overlap.argmax(0)[best] == np.arange(len(best))) & (overlap.max(1) >= SAME))
        return np.stack([rows, best[rows]], axis=1)

    def _paint(self, found: Sequence[_Mask], group: np.ndarray, kept: np.ndarray) -> np.ndarray:
        """Masks [groups, M]: a tile speaks for its own superpoints, and for those whose home does not know the object."""
        count, starts = int(group.max(initial=-1)) + 1, np.cumsum([0, *(len(f.scores) for f in found)])
        known = np.zeros((count, len(self.tiles)), bool)
        for number in range(len(found)):
            mine = slice(starts[number], starts[number + 1])
            known[group[mine][kept[mine]], number] = True
        rows = np.zeros((count, len(self.sizes)), bool)
        for number, (tile, masks) in enumerate(zip(self.tiles, found, strict=True)):
            mine = slice(starts[number], starts[number + 1])
            speaks = tile.home | ~known[group[mine]][:, self.home[tile.superpoints]]
            row, place = np.nonzero(masks.masks & speaks & kept[mine, None])
            rows[group[mine][row], tile.superpoints[place]] = True
        return rows


def _things(panoptic: PanopticMap, num_stuff: int) -> _Mask:
    segments = panoptic.segment.numpy()
    ids, first = np.unique(segments, return_index=True)
    first, ids = first[ids >= num_stuff], ids[ids >= num_stuff]
    return _Mask(segments == ids[:, None], np.ones(len(ids), np.float32), panoptic.semantic.numpy()[first])


def _without_gaps(segments: Tensor, num_stuff: int) -> Tensor:
    thing = segments >= num_stuff
    segments[thing] = torch.unique(segments[thing], return_inverse=True)[1] + num_stuff
    return segments
