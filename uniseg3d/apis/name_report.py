"""What was found under which name, as tables and pictures; and how often absent names stay empty."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from uniseg3d.apis.named_scenes import NamedScenes
from uniseg3d.apis.open_vocabulary import FoundObject, ObjectNamer, SceneObjects
from uniseg3d.evaluation.functional.overlap import all_iou
from uniseg3d.evaluation.table import aligned_table
from uniseg3d.structures import MaskSet, Sample
from uniseg3d.text.vocabulary import meant_place
from uniseg3d.visualization.figure import save_picture
from uniseg3d.visualization.named_objects import draw_named

LISTS = 8  # questions per scene
ASKED = 6  # names in each
GOOD = 0.5  # IoU of an object that was found


def found_table(found: Sequence[FoundObject], names: Sequence[str] | None = None) -> str:
    """A line for each object under its name, and one for each of ``names`` that nothing answers to."""
    rows: list[list[str]] = [
        [thing.names[0], f'{thing.score:.2f}', _alternatives(thing), *map(_metres, (thing.centre, thing.extent))]
        for thing in found
    ]
    answered = {thing.names[0] for thing in found}
    rows += [[name, 'none', '', '', ''] for name in names or () if name not in answered]
    order = {name: place for place, name in enumerate(names or ())}
    rows.sort(key=lambda row: order.get(row[0], 0))
    return aligned_table(('name', 'score', 'fits', 'centre, m', 'size, m'), rows)


def _alternatives(thing: FoundObject) -> str:
    return ', '.join(f'{name} {share:.0%}' for name, share in zip(thing.names, thing.shares, strict=True))


def _metres(values: Sequence[float]) -> str:
    return ' '.join(f'{value:.1f}' for value in values)


def save_named(path: str | Path, sample: Sample, found: Sequence[FoundObject]) -> Path:
    """Write a picture of the scene with every object in the colour of its name."""
    names = list(dict.fromkeys(thing.names[0] for thing in found))
    return save_picture(path, draw_named(sample, as_masks(sample, found, names), names))


def as_masks(sample: Sample, found: Sequence[FoundObject], names: Sequence[str]) -> MaskSet:
    """The same objects as masks that are labelled by the place of their best name."""
    masks = torch.zeros(len(found), len(sample.superpoints), dtype=torch.bool)
    for row, thing in enumerate(found):
        masks[row] = thing.mask
    labels = torch.tensor([names.index(thing.names[0]) for thing in found], dtype=torch.long)
    return MaskSet(masks, torch.tensor([thing.score for thing in found]), labels)


def score_questions(scenes: NamedScenes, namer: ObjectNamer, names: Sequence[str], seed: int = 0) -> dict[str, float]:
    """Ask every scene several short lists of ``names``, half of which it holds: shares of what is answered rightly.

    An object answers to the name it has, and to the name of what it is a kind of. ``found``: objects of an asked name with
    a good mask among its answers; ``right``: answers that are such an object; ``empty``: asked names of which the scene has
    no object, and that get no answer.
    """
    rng, counts = np.random.default_rng(seed), np.zeros((3, 2))
    for objects in scenes.seen(namer):
        targets = objects.sample.targets
        if targets is None or not targets.object_names:
            continue
        here = [name for name in names if any(meant_place(called, [name]) == 0 for called in set(targets.object_names))]
        away = [name for name in names if name not in here]
        for _ in range(LISTS):
            asked = [*_some(here, ASKED // 2, rng), *_some(away, ASKED // 2, rng)]
            counts += _answered(objects, namer.find(objects, asked), asked)
    shares = counts[:, 0] / counts[:, 1].clip(min=1)
    return dict(zip(('found', 'right', 'empty'), shares.tolist(), strict=True))


def _some(names: Sequence[str], count: int, rng: np.random.Generator) -> list[str]:
    return [names[i] for i in rng.permutation(len(names))[:count]]


def _answered(objects: SceneObjects, found: Sequence[FoundObject], asked: Sequence[str]) -> np.ndarray:
    """Good ones and all of them [3, 2]: objects that were asked for, answers, names without an object."""
    sample, targets = objects.sample, objects.sample.targets
    assert targets is not None
    answers = as_masks(sample, found, asked)
    iou = all_iou(answers.masks.numpy(), targets.masks.numpy(), sample.superpoints.sizes.numpy())  # [answers, n]
    places = (meant_place(name, asked) for name in targets.object_names)
    wanted = np.array([-1 if place is None else place for place in places])  # [n]
    good = (iou > GOOD) & (answers.labels.numpy()[:, None] == wanted)
    empty = [index for index in range(len(asked)) if index not in wanted]
    quiet = [index for index in empty if not (answers.labels == index).any()]
    return np.array([[good.any(0).sum(), (wanted >= 0).sum()], [good.any(1).sum(), len(good)], [len(quiet), len(empty)]])
