"""A scene that was read and encoded once, and can be asked as often as one likes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor

from uniseg3d.apis.merging import Merger
from uniseg3d.apis.own_cloud import OwnCloud
from uniseg3d.apis.tiling import Tile
from uniseg3d.apis.user_prompts import Click, as_clicks, as_texts, positions_of
from uniseg3d.apis.working_copy import WorkingCopy
from uniseg3d.geometry.rotation import transform_points
from uniseg3d.structures import Clicks, MaskSet, Prediction, Prompts, Sample, Superpoints
from uniseg3d.text.vocabulary import meant_place, others, with_kinds
from uniseg3d.utils.errors import ConfigError, DataError
from uniseg3d.utils.progress import track

MAPS = ('semantic', 'instances', 'panoptic', 'objects', 'named')  # what needs no prompt
Groups = Sequence[Sequence[Click]]
MAX_DISTANCE = 0.1  # metres from a click to the cloud


@dataclass
class EncodedTile:
    """One tile as the model sees it."""

    tile: Tile
    rows: np.ndarray  # [t] which points of the working copy it holds, increasing
    superpoints: np.ndarray  # [t] its own numbering 0..m-1
    encoded: Any  # what the model made of it
    answer: Prediction | None = None  # to everything that needs no prompt

    def clicks(self, groups: Groups, points: Sequence[np.ndarray]) -> Clicks:
        """Clicks of each group on ``points`` of the working copy; those that the tile does not show tell nothing here."""
        shown = [np.isin(mine, self.rows) for mine in points]
        kept = [
            [click for click, here in zip(group, sees, strict=True) if here] for group, sees in zip(groups, shown, strict=True)
        ]
        places = np.searchsorted(self.rows, np.concatenate([mine[sees] for mine, sees in zip(points, shown, strict=True)]))
        return as_clicks(kept, places, self.superpoints)


class OpenedScene:
    """Made by :meth:`SceneInferencer.open`.

    Attributes:
        cloud: the points as they were prepared; ``cloud.notes`` says what was guessed.
        copy: the points that the model sees; ``sample`` the same, ready to be drawn.
        superpoints: of all points.
    """

    def __init__(
        self, cloud: OwnCloud, copy: WorkingCopy, sample: Sample, tiles: list[EncodedTile], model: Any, known: Sequence[str]
    ) -> None:
        self.cloud, self.copy, self.sample, self.tiles, self.model = cloud, copy, sample, tiles, model
        self.known = known  # names of the things that training named
        self.superpoints = Superpoints(torch.from_numpy(copy.on_points()))
        self.merger = Merger([part.tile for part in tiles], np.bincount(copy.superpoints))
        self.num_stuff: int = getattr(model, 'num_stuff', 2)
        self._names: list[str] | None = None
        self._maps: dict[str, Any] | None = None
        self._tree: cKDTree | None = None

    def ask(
        self, clicks: Groups, texts: Sequence[str], names: list[str] | None, max_distance: float = MAX_DISTANCE
    ) -> Prediction:
        """Everything about the scene, and masks for prompts; what was asked before is not computed again."""
        points = self.points_at(positions_of(clicks), max_distance)
        maps = self._everything(names)
        answers: dict[str, Any] = {}
        if clicks:
            answers['clicks'] = self._ask_clicks(clicks, points)
        if texts:
            answers['texts'] = self.answer_texts(texts)
        return Prediction(self.cloud.name, self.superpoints, **maps, **answers)

    def answer_clicks(self, groups: Groups, max_distance: float = MAX_DISTANCE) -> MaskSet:
        """A mask for each clicked object, and nothing else: what needs no prompt is left as it is."""
        return self._ask_clicks(groups, self.points_at(positions_of(groups), max_distance))

    def points_at(self, positions: np.ndarray, max_distance: float) -> np.ndarray:
        """Points of the working copy [C] nearest to ``positions`` [C, 3] in the coordinates of the file."""
        points, distance = self._nearest(positions)
        for number in np.flatnonzero(~(distance <= max_distance)):
            raise DataError(f'{self.cloud.name}: click {number} {_too_far(positions[number], distance[number], max_distance)}')
        return points

    def within_reach(self, groups: Groups, max_distance: float = MAX_DISTANCE) -> tuple[list[Sequence[Click]], list[str]]:
        """The groups all of whose clicks lie on the cloud, and a sentence about each of the others."""
        near, faults = [], []
        for number, group in enumerate(groups):
            positions = positions_of([group])
            far = ~(self._nearest(positions)[1] <= max_distance)
            if far.any():
                worst = int(far.argmax())
                distance = self._nearest(positions)[1][worst]
                faults.append(f'click {number} {_too_far(positions[worst], distance, max_distance)}')
            else:
                near.append(group)
        return near, faults

    def _nearest(self, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Points of the working copy [C] nearest to ``positions`` [C, 3], and how far they are in metres [C]."""
        if not len(positions):
            return np.zeros(0, np.int64), np.zeros(0)
        if self._tree is None:
            self._tree = cKDTree(self.copy.xyz, balanced_tree=False, compact_nodes=False)
        distance, points = self._tree.query(transform_points(self.cloud.to_model, positions))
        return points, distance

    def _everything(self, names: list[str] | None) -> dict[str, Any]:
        if names is not None and self.model.decoder.name_head is None:
            table = known_places(names, self.known)
            maps = self._everything(None)
            return maps | {'named': _relabelled(maps['instances'], table)}
        if self._maps is None or names != self._names:
            self.model.set_names(None if names is None else self._with_rivals(names))
            several = len(self.tiles) > 1
            for part in track(self.tiles, 'tiles answered') if several else self.tiles:
                part.answer = self._answer(part, Prompts(), everything=True)
            self._maps, self._names = self._merge(), names
            if names is not None and self._maps.get('named') is not None:
                masks = self._maps['named']
                self._maps['named'] = _selected(masks, torch.nonzero(masks.labels < len(names))[:, 0])
        return self._maps

    def _with_rivals(self, names: Sequence[str]) -> list[str]:
        """``names``, then known things that are none of them: asked for pianos alone, a model calls everything a piano."""
        return [*with_kinds(names, self.known), *others(names, self.known)]

    def _merge(self) -> dict[str, Any]:
        answers = [part.answer for part in self.tiles if part.answer is not None]
        if len(answers) == 1:
            return {name: getattr(answers[0], name) for name in MAPS}
        merged: dict[str, Any] = {}
        for name in MAPS:
            parts = [getattr(answer, name) for answer in answers]
            if parts[0] is not None:
                merged[name] = self._join(name, parts)
        return merged

    def _join(self, name: str, parts: list[Any]) -> Any:
        if name == 'semantic':
            return self.merger.values(parts)
        if name == 'panoptic':
            return self.merger.panoptic(parts, self.num_stuff)
        return self.merger.masks(parts)

    def _ask_clicks(self, groups: Groups, points: np.ndarray) -> MaskSet:
        """Each object is looked for in the home of its first click."""
        ends = np.cumsum([len(group) for group in groups])
        clicked = np.split(points, ends[:-1])
        home = self.merger.home[self.copy.superpoints[[mine[0] for mine in clicked]]]  # [K]
        answers = []
        for number in np.unique(home):
            rows = np.flatnonzero(home == number)
            asked = self.tiles[number].clicks([groups[int(k)] for k in rows], [clicked[k] for k in rows])
            answers.append((int(number), rows, self._answer(self.tiles[number], Prompts(clicks=asked)).clicks))
        return self.merger.prompts(answers)

    def answer_texts(self, sentences: Sequence[str]) -> MaskSet:
        """A mask for each sentence, of the tile that is surest, and nothing else."""
        asked = Prompts(texts=as_texts(sentences))
        found = [self._answer(part, asked).texts for part in self.tiles]
        surest = torch.stack([masks.scores.cpu() for masks in found]).argmax(0).numpy()  # [K]
        answers = []
        for number in np.unique(surest):
            rows = np.flatnonzero(surest == number)
            answers.append((int(number), rows, _selected(found[number], torch.from_numpy(rows))))
        return self.merger.prompts(answers)

    @torch.no_grad()
    def text_heat(self, sentence: str) -> Tensor:
        """How much speaks for ``sentence`` meaning each superpoint, logits [M]: also of those that get into no mask."""
        asked = Prompts(texts=as_texts([sentence])).to(next(self.model.parameters()).device)
        return self.merger.values([self.model.text_masks(part.encoded, asked)[0].cpu() for part in self.tiles])

    @torch.no_grad()
    def _answer(self, part: EncodedTile, prompts: Prompts, everything: bool = False) -> Any:
        device = next(self.model.parameters()).device
        return self.model.answer(part.encoded, prompts.to(device), everything).to('cpu')


def known_places(names: Sequence[str], known: Sequence[str]) -> Tensor:
    """Place in ``names`` of each known thing [C], -1 = in none: all that a model without a head for names can tell."""
    places = [meant_place(thing, names) for thing in known]
    if not any(place is not None for place in places):
        raise ConfigError(f'{unknown_sentence(names, known)}: for other names take a config with a NamingHead')
    return torch.tensor([-1 if place is None else place for place in places])


def unknown_names(names: Sequence[str], known: Sequence[str]) -> list[str]:
    """Those of ``names`` that mean none of the ``known`` things."""
    places = {meant_place(thing, names) for thing in known}
    return [name for place, name in enumerate(names) if place not in places]


def unknown_sentence(names: Sequence[str], known: Sequence[str]) -> str:
    """What is said about ``names`` that a model without a head for names does not know."""
    return f'this model has no head for names and knows nothing called {", ".join(names)}; it knows {", ".join(known)}'


def _too_far(position: np.ndarray, distance: float, most: float) -> str:
    place = ', '.join(f'{value:g}' for value in position)
    return (
        f'at ({place}) lies {distance:.2f} m from the nearest point; expected at most {most:g} m: '
        'give positions in the coordinates of the file'
    )


def _relabelled(masks: MaskSet, table: Tensor) -> MaskSet:
    """Those masks whose labels have a new one in ``table`` [C], with it."""
    kept = _selected(masks, torch.nonzero(table[masks.labels] >= 0)[:, 0])
    return MaskSet(kept.masks, kept.scores, table[kept.labels])


def _selected(masks: MaskSet, rows: Tensor) -> MaskSet:
    rows = rows.to(masks.scores.device)
    probabilities = masks.class_probabilities
    return MaskSet(
        masks.masks[rows], masks.scores[rows], masks.labels[rows], None if probabilities is None else probabilities[rows]
    )
