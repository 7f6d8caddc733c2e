"""What one user asked about a scene, and what came of it."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from uniseg3d.apis.infer_files import listed_names
from uniseg3d.apis.result_files import Request, ResultWriter
from uniseg3d.apis.user_prompts import Click
from uniseg3d.demo.archive import zip_folder
from uniseg3d.demo.layer import RGB, Layer, heat_layer, rgb_layer, segment_layer
from uniseg3d.demo.layers import Layers, prediction_layers
from uniseg3d.demo.shared_scene import SharedScene
from uniseg3d.demo.shown import Shown
from uniseg3d.structures import MaskSet, Prediction
from uniseg3d.utils.errors import BusyError, DataError
from uniseg3d.utils.files import write_text
from uniseg3d.visualization.paint import first_mask

MOST_WAITING = 4  # requests of one user; who clicks faster is told so
MOST_OBJECTS = MOST_SENTENCES = 100
MOST_CLICKS = 50  # on one object
MOST_NAMES = 200
LONGEST_TEXT = 2000
OBJECTS, TEXTS, HEAT = 'clicks', 'texts', 'heat'


@dataclass(frozen=True)
class Picked:
    """An object that was clicked on, or a sentence, with its answer."""

    mask: Tensor  # [M] bool
    score: float
    clicks: tuple[Click, ...] = ()
    text: str = ''  # the sentence, or the label that a clicked object was given


@dataclass
class Session:
    """State of one user; every method may be called from any thread, and what fails changes nothing."""

    scene: SharedScene
    min_score: float = 0.3
    current: Picked | None = None  # the object that clicks are about
    kept: list[Picked] = field(default_factory=list)
    sentences: list[Picked] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    named: MaskSet | None = None
    heat: tuple[str, Tensor] | None = None  # a sentence, and how well each superpoint [M] fits it
    _room: Any = field(default_factory=lambda: threading.BoundedSemaphore(MOST_WAITING), repr=False)
    _lock: Any = field(default_factory=threading.RLock, repr=False)

    def click(self, row: int, positive: bool = True) -> Picked:
        """Another place of the current object, or one that does not belong to it; the first click begins an object."""
        with self._turn():
            before = () if self.current is None else self.current.clicks
            if not before and not positive:
                raise DataError('the first click of an object must lie on it; then say what does not belong to it')
            if len(before) >= MOST_CLICKS or len(self.kept) >= MOST_OBJECTS:
                raise DataError(f'at most {MOST_CLICKS} clicks on an object and {MOST_OBJECTS} objects; begin a new one')
            self.current = self._asked((*before, self.scene.click_on(row, positive)))
            return self.current

    def undo(self) -> None:
        """Take back the last click; where the current object has none, open the object that was kept last again."""
        with self._turn():
            if self.current is None:
                self.current = self.kept.pop() if self.kept else None
            elif len(self.current.clicks) == 1:
                self.current = None
            else:
                self.current = self._asked(self.current.clicks[:-1])

    def keep(self, label: str) -> Picked:
        """Put the current object aside under ``label``; the next click begins another."""
        with self._turn():
            if self.current is None:
                raise DataError('no object is open; click on one first')
            self.kept.append(replace(self.current, text=_text(label, 'label') if label.strip() else 'object'))
            self.current = None
            return self.kept[-1]

    def say(self, sentence: str) -> Picked:
        """Look for what ``sentence`` describes."""
        sentence = _text(sentence, 'sentence')
        with self._turn():
            if len(self.sentences) >= MOST_SENTENCES:
                raise DataError(f'at most {MOST_SENTENCES} sentences; clear them first')
            self.sentences.append(Picked(*self.scene.mask_of_text(sentence), text=sentence))
            return self.sentences[-1]

    def ask_names(self, text: str) -> MaskSet | None:
        """Look for instances of names that commas part, or of a class list such as scannet200; no name = none."""
        names = listed_names(_text(text, 'list of names')) if text.strip() else []
        if len(names) > MOST_NAMES:
            raise DataError(f'{len(names)} names; at most {MOST_NAMES} are looked for')
        with self._turn():
            self.named = self.scene.instances_of(names) if names else None
            self.names = names
            return self.named

    def map_text(self, sentence: str) -> None:
        """Look how well every place fits ``sentence``."""
        sentence = _text(sentence, 'sentence')
        with self._turn():
            self.heat = sentence, self.scene.heat_of_text(sentence)

    def clear(self) -> None:
        """Forget all that was asked."""
        with self._turn():
            self.current, self.named, self.heat = None, None, None
            self.kept, self.sentences, self.names = [], [], []

    @property
    def shown(self) -> Shown:
        """The points, and what stands among them."""
        return self.scene.shown

    @property
    def objects(self) -> list[Picked]:
        """The kept ones, then the current one."""
        with self._lock:
            return [*self.kept, *([self.current] if self.current is not None else [])]

    def prediction(self) -> Prediction:
        """All answers so far, over the superpoints of the whole scene."""
        with self._lock:
            return replace(
                self.scene.prediction, named=self.named, clicks=_mask_set(self.objects), texts=_mask_set(self.sentences)
            )

    def layers(self) -> Layers:
        """All that can be shown; each is made when it is called for."""
        scene, answers = self.scene, self.prediction()
        shown = scene.about_shown(answers)
        found: Layers = {RGB: lambda: rgb_layer(scene.colors)}
        found |= prediction_layers(shown, scene.colors, scene.classes, self.min_score, self.names)
        if shown.clicks is not None:
            found[OBJECTS] = partial(self._asked_layer, shown.clicks, [_titled(one) for one in self.objects])
        if shown.texts is not None:
            found[TEXTS] = partial(self._asked_layer, shown.texts, [_titled(one) for one in self.sentences])
        if self.heat is not None:
            found[HEAT] = partial(self._heat_layer, *self.heat)
        return found

    def _heat_layer(self, sentence: str, values: Tensor) -> Layer:
        return heat_layer(self.scene.colors, values[self.scene.parts.ids].numpy(), sentence)

    def _asked_layer(self, masks: MaskSet, titles: list[str]) -> Layer:
        """What was asked last lies on top."""
        last_first = torch.arange(len(masks)).flip(0)
        rows = first_mask(masks.masks[last_first], self.scene.parts)
        values = np.where(rows >= 0, len(masks) - 1 - rows, -1)
        return segment_layer(self.scene.colors, values, (titles + [''] * len(masks))[: len(masks)])

    def request(self, clouds: bool = True) -> Request:
        """What was asked, as the writer of results takes it."""
        clicks, texts = [list(one.clicks) for one in self.objects], [one.text for one in self.sentences]
        return Request(clicks, texts, self.names or None, self.min_score, clouds, pictures=False)

    def export(self, folder: Path, clouds: bool = True) -> list[Path]:
        """The files of ``uniseg3d infer``, and ``objects.json`` with the labels of what was clicked."""
        with self._lock:
            writer = ResultWriter(folder, self.scene.opened, self.prediction(), self.request(clouds), self.scene.classes)
            objects = [_described(one) for one in self.objects]
        paths = writer.write(self.scene.classes_name)
        write_text(folder / 'objects.json', json.dumps(objects, indent=1, ensure_ascii=False))
        return [*paths, folder / 'objects.json']

    def archive(self, folder: Path) -> bytes:
        """The same files as one .zip."""
        self.export(folder)
        return zip_folder(folder, self.scene.name)

    def _asked(self, clicks: tuple[Click, ...]) -> Picked:
        return Picked(*self.scene.mask_of(clicks), clicks=clicks)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One request of a user after the other, and not many in waiting."""
        if not self._room.acquire(blocking=False):
            raise BusyError(f'{MOST_WAITING} of your requests are waiting already; give the model a moment')
        try:
            with self._lock:
                yield
        finally:
            self._room.release()


def _mask_set(picked: Sequence[Picked]) -> MaskSet | None:
    if not picked:
        return None
    scores = torch.tensor([one.score for one in picked])
    return MaskSet(torch.stack([one.mask for one in picked]), scores, torch.full((len(picked),), -1))


def _titled(one: Picked) -> str:
    return f'{one.text or "this object"} {one.score:.2f}'


def _described(one: Picked) -> dict[str, Any]:
    clicks = [{'position': list(click.position), 'positive': click.positive} for click in one.clicks]
    return {'label': one.text or 'object', 'score': round(one.score, 4), 'clicks': clicks}


def _text(text: str, what: str) -> str:
    """What a user typed, if a model can be asked it."""
    text = ' '.join(text.split())
    if not text or len(text) > LONGEST_TEXT:
        raise DataError(f'the {what} has {len(text)} characters; expected 1 to {LONGEST_TEXT}')
    return text
