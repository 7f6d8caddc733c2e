"""Sentences about the objects of a scene, with the superpoints they mean."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from uniseg3d.io.scene_info import TOKEN_LENGTH, ObjectText
from uniseg3d.registry import TRANSFORMS
from uniseg3d.transforms.annotations import mask_majority
from uniseg3d.transforms.base import SampleDict
from uniseg3d.utils.errors import ConfigError

Choice = tuple[ObjectText, int]  # an object and the row of its chosen sentence


class TextSource(Protocol):
    """What the choice of sentences draws from: ``np.random.Generator`` or an object like it."""

    def permutation(self, x: int, /) -> np.ndarray: ...

    def random(self) -> float: ...


def one_sentence_each(texts: Sequence[ObjectText], rng: TextSource) -> list[Choice]:
    """Objects in random order, each with one of its sentences, all equally likely."""
    order = rng.permutation(len(texts))
    return [(texts[k], int(rng.random() * len(texts[k].sentences))) for k in order]


def every_sentence(texts: Sequence[ObjectText]) -> list[Choice]:
    """All sentences of all objects, in the order of the file."""
    return [(text, row) for text in texts for row in range(len(text.sentences))]


def meant_objects(texts: Sequence[ObjectText], object_ids: np.ndarray) -> np.ndarray:
    """Which of the scene's objects [n], given by the data set's ids, each of T sentences means: bool [T, n]."""
    meant = np.zeros((len(texts), len(object_ids)), dtype=bool)
    text = np.repeat(np.arange(len(texts)), [len(text.object_ids) for text in texts])
    ids = np.array([number for text in texts for number in text.object_ids], dtype=np.int64)
    pair, column = np.nonzero(ids[:, None] == object_ids)
    meant[text[pair], column] = True
    return meant


def text_masks(meant: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Mask of the objects that each sentence means, together: bool [T, M]; empty where the scene has none of them.

    ``meant`` is bool [T, n], ``masks`` is [n, M].
    """
    return meant.astype(np.float32) @ masks.astype(np.float32) > 0


def common_labels(meant: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Label of the objects that each sentence means, -1 where these are none or of several classes: [T].

    ``meant`` is bool [T, n], ``labels`` is [n], not negative.
    """
    highest = np.where(meant, labels, -1).max(1, initial=-1)
    lowest = np.where(meant, labels, highest[:, None]).min(1, initial=np.iinfo(np.int64).max)
    return np.where(highest == lowest, highest, -1)


def stated_mask(point_ids: np.ndarray, superpoints: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
    """Superpoints that have most of their points among ``point_ids``: bool [M].

    ``superpoints`` is [N]; ``rows`` [N] are the rows of the file that these points come from, ``None`` = all, in order.
    """
    rows = np.arange(len(superpoints)) if rows is None else rows
    return mask_majority(np.isin(rows, point_ids)[None], superpoints)[0]


@TRANSFORMS.register_module()
class TextPrompts:
    """Add sentences, their kinds, tokens, labels and masks.

    ``rule='random'`` (training): each described object that has points once, in random order, with a random sentence; its
    mask is the object's. Several objects that are described together count as one, and so does "none".
    ``rule='all'`` (test): every sentence of every object in file order, also of objects without points; where the info file
    states the points of an object, its mask follows from those, otherwise it is the object's.
    ``limit``: at most so many sentences, drawn anew each time; None = all that the rule gives.
    ``own_classes``: the classes are not those that the info file labels sentences by: labels are those of the meant objects,
    and sentences about others are left out.
    """

    def __init__(self, rule: str = 'random', limit: int | None = None, own_classes: bool = False) -> None:
        if rule not in ('random', 'all'):
            raise ConfigError(f"TextPrompts.rule must be 'random' or 'all', got {rule!r}")
        if limit is not None and limit < 1:
            raise ConfigError(f'TextPrompts.limit must be at least 1, or None for no limit, got {limit}')
        self.rule, self.limit, self.own_classes = rule, limit, own_classes

    def __call__(self, sample: SampleDict) -> SampleDict:
        chosen = self._choose(sample)
        if self.limit is not None and len(chosen) > self.limit:
            chosen = [chosen[k] for k in sorted(sample['rng'].permutation(len(chosen))[: self.limit])]
        object_ids = np.array([text.object_id for text, _ in chosen], dtype=np.int64)
        sample['text_sentences'] = [text.sentences[row] for text, row in chosen]
        sample['text_kinds'] = [text.kinds[row] if text.kinds else '' for text, row in chosen]
        sample['text_tokens'] = np.array([text.tokens[row] for text, row in chosen], dtype=np.int64).reshape(-1, TOKEN_LENGTH)
        sample['text_labels'] = np.array([text.label for text, _ in chosen], dtype=np.int64)
        sample['text_object_ids'] = object_ids
        if sample.get('masks') is not None:
            sample['text_objects'] = meant_objects([text for text, _ in chosen], sample['object_ids'])
            sample['text_masks'] = text_masks(sample['text_objects'], sample['masks'])
            if self.own_classes:
                sample['text_labels'] = common_labels(sample['text_objects'], sample['labels'])
            if self.rule == 'all':
                self._use_stated_points(sample)
        return sample

    def _use_stated_points(self, sample: SampleDict) -> None:
        for text in sample['info'].texts:
            if text.point_ids is not None:
                mask = stated_mask(text.point_ids, sample['superpoints'], sample.get('rows'))
                sample['text_masks'][sample['text_object_ids'] == text.object_id] = mask

    def _choose(self, sample: SampleDict) -> list[Choice]:
        texts, known = sample['info'].texts, sample.get('object_ids')
        present = [text for text in texts if known is None or np.isin(text.object_ids, known).all()]
        if self.rule == 'all':
            return every_sentence(present if self.own_classes else texts)
        return one_sentence_each(present, sample['rng'])
