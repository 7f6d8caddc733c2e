"""Sentences about the objects of scenes, for sequences of views: the JSON file that SIU3R makes of ScanRefer."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from uniseg3d.io.fields import Fields
from uniseg3d.structures.prompts import Texts
from uniseg3d.text.tokenizer import tokenize
from uniseg3d.utils.errors import FileFormatError
from uniseg3d.utils.files import read_json

REMEDY = 'write it again'


@dataclass(frozen=True)
class SceneSentences:
    """Which objects the frames of a scene show, and what is said about each."""

    shown: dict[str, list[int]]  # frame -> numbers of objects
    said: dict[int, list[str]]  # number of an object -> sentences

    def draw(self, frames: list[str], rng: np.random.Generator) -> tuple[Texts, Tensor]:
        """A random sentence about each object that one of the ``frames`` shows, and the objects [T], rising."""
        objects = sorted({number for frame in frames for number in self.shown.get(frame, [])} & self.said.keys())
        sentences = [self.said[number][int(rng.integers(len(self.said[number])))] for number in objects]
        return Texts(sentences, torch.from_numpy(tokenize(sentences))), torch.tensor(objects, dtype=torch.int64)


@lru_cache(maxsize=4)
def read_sentences(path: Path) -> dict[str, SceneSentences]:
    """Scenes of a file: ``{scene: {frame2object: {frame: [object, ...]}, objects: {object: {text: [sentence, ...]}}}}``."""
    content = read_json(path, REMEDY)
    if not isinstance(content, dict):
        raise FileFormatError(f'{path}: expected a dictionary of scenes; {REMEDY}')
    return {scene: _scene(Fields(record, f'{path}: {scene}')) for scene, record in content.items()}


def _scene(record: Fields) -> SceneSentences:
    shown, objects = record.raw('frame2object'), record.raw('objects')
    if not isinstance(shown, dict) or not isinstance(objects, dict) or not all(key.isdecimal() for key in objects):
        raise record.wrong('frame2object', 'dictionaries of frames and of numbered objects')
    said = {int(number): Fields(entry, record.where).strings('text') for number, entry in objects.items()}
    frames = {frame: [int(number) for number in numbers] for frame, numbers in shown.items()}
    return SceneSentences(frames, {number: sentences for number, sentences in said.items() if sentences})
