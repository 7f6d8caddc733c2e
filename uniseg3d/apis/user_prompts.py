"""What people click and type, as a model is asked."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from uniseg3d.structures import Clicks, Texts
from uniseg3d.text.tokenizer import tokenize
from uniseg3d.utils.errors import DataError

Position = Sequence[float]  # x, y, z in the coordinates of the file


@dataclass(frozen=True)
class Click:
    """A place that belongs to an object, or, if not ``positive``, does not."""

    position: tuple[float, float, float]
    positive: bool = True


@dataclass(frozen=True)
class PhotoClick:
    """A pixel of a photo that shows an object, or, if not ``positive``, does not."""

    photo: str  # its name
    pixel: tuple[float, float]  # u to the right, v down
    positive: bool = True


Asked = Position | Click | Sequence[Click]  # all about one object


def click_groups(asked: Sequence[Asked]) -> list[list[Click]]:
    """The clicks of each object, whichever way they are written."""
    return [_group(entry, number) for number, entry in enumerate(asked)]


def _group(entry: Asked, number: int) -> list[Click]:
    if isinstance(entry, Click):
        return [entry]
    entries = list(entry)
    if entries and all(isinstance(one, Click) for one in entries):
        return entries  # type: ignore[return-value]
    position = np.asarray(entries, dtype=np.float64).reshape(-1)
    if position.shape != (3,) or not np.isfinite(position).all():
        raise DataError(f'click {number} is {entries!r}; expected x, y, z, or a list of Click for one object')
    return [Click((float(position[0]), float(position[1]), float(position[2])))]


def positions_of(groups: Sequence[Sequence[Click]]) -> np.ndarray:
    """Positions [C, 3] float64 of all clicks, group by group."""
    return np.array([click.position for group in groups for click in group], np.float64).reshape(-1, 3)


def as_clicks(groups: Sequence[Sequence[Click]], points: np.ndarray, superpoints: np.ndarray) -> Clicks:
    """The clicks on ``points`` [C] of a scene with ``superpoints`` [n]."""
    prompt = [number for number, group in enumerate(groups) for _ in group]
    return Clicks(
        torch.from_numpy(points.astype(np.int64)),
        torch.from_numpy(superpoints[points].astype(np.int64)),
        torch.tensor(prompt, dtype=torch.long),
        torch.tensor([click.positive for group in groups for click in group], dtype=torch.bool),
    )


def as_texts(sentences: Sequence[str]) -> Texts:
    """Sentences with their tokens."""
    if isinstance(sentences, str):
        raise DataError(f'texts must be a list of sentences, got the string {sentences!r}')
    return Texts(list(sentences), torch.from_numpy(tokenize(sentences)))
