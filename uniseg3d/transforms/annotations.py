"""Per-point labels to the masks over superpoints that losses and metrics use."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from uniseg3d.io.scene_info import SceneInfo
from uniseg3d.registry import TRANSFORMS
from uniseg3d.text.class_lists import class_list
from uniseg3d.transforms.base import SampleDict
from uniseg3d.utils.errors import DataError


@dataclass
class InstanceLabels:
    """The n annotated things of a scene."""

    instance: np.ndarray  # [N] int64, 0..n-1 in the order of object_ids, -1 = none
    object_ids: np.ndarray  # [n] int64, increasing
    labels: np.ndarray  # [n] int64, thing class of the object's first point


Stuff = int | Sequence[int]  # how many of the first classes have no instances, or which classes


def thing_numbers(num_classes: int, stuff: Stuff) -> np.ndarray:
    """Number of each class among the things, -1 for stuff and void: [C + 1] int64."""
    thing = np.ones(num_classes + 1, dtype=bool)
    thing[[*(range(stuff) if isinstance(stuff, int) else stuff), num_classes]] = False
    return np.where(thing, np.cumsum(thing) - 1, -1)


def label_instances(instance_ids: np.ndarray, semantic: np.ndarray, num_classes: int, stuff: Stuff) -> InstanceLabels:
    """Number the objects of a scene.

    ``instance_ids`` [N]: object id + 1, 0 = none. ``semantic`` [N]: class, ``num_classes`` = void. Points of void and stuff
    belong to no instance, whatever their id says.
    """
    number = thing_numbers(num_classes, stuff)[semantic]
    thing = (instance_ids > 0) & (number >= 0)
    ids, first, inverse = np.unique(instance_ids[thing], return_index=True, return_inverse=True)
    instance = np.full(len(instance_ids), -1, dtype=np.int64)
    instance[thing] = inverse
    return InstanceLabels(instance, ids - 1, number[thing][first])


def superpoint_majority(values: np.ndarray, superpoints: np.ndarray, count: int) -> np.ndarray:
    """Which value more than half of the points of a superpoint have.

    ``values`` [N]: 0..count-1, or -1 for none. Returns bool [count, M].
    """
    total = int(superpoints.max()) + 1
    cells = np.bincount(superpoints * (count + 1) + values + 1, minlength=total * (count + 1))
    table = cells.reshape(total, count + 1)  # [M, count + 1]
    return (2 * table[:, 1:] > table.sum(1, keepdims=True)).T


def semantic_rows(semantic: np.ndarray, superpoints: np.ndarray, num_classes: int) -> np.ndarray:
    """Majority class of each superpoint as rows: bool [C + 1, M]; superpoints without a majority are void, the last row."""
    rows = superpoint_majority(semantic, superpoints, num_classes + 1)
    rows[-1] |= ~rows.any(0)
    return rows


def panoptic_ids(instance: np.ndarray, semantic: np.ndarray, stuff: Stuff) -> np.ndarray:
    """Ids [N] as panoptic quality wants them: place among the stuff, number of stuff classes + instance, -1 elsewhere."""
    classes = np.arange(stuff) if isinstance(stuff, int) else np.sort(stuff)
    place = np.searchsorted(classes, semantic)
    known = np.isin(semantic, classes)
    return np.where(instance >= 0, instance + len(classes), np.where(known, place, -1))


def object_names(info: SceneInfo, object_ids: np.ndarray) -> list[str]:
    """What each object is called, '' = unknown; empty where no name is known."""
    known = {box.object_id: box.name for box in info.instances}
    names = [known.get(number, '') for number in object_ids.tolist()]
    return names if any(names) else []


def mask_majority(masks: np.ndarray, superpoints: np.ndarray) -> np.ndarray:
    """Point masks [u, N], which may overlap, to superpoint masks [u, M]."""
    rows = [superpoint_majority(mask.astype(np.int64) - 1, superpoints, 1) for mask in masks]
    return np.concatenate(rows) if rows else np.zeros((0, int(superpoints.max()) + 1), dtype=bool)


@TRANSFORMS.register_module()
class SuperpointAnnotations:
    """Add instance numbers, labels, names, masks, semantic rows and panoptic ids; scenes without labels pass through.

    ``novel`` keeps the class-agnostic pseudo masks (training); without it their array is empty (test). ``classes``: a class
    list in place of the two numbers; then objects are called what their class is called.
    """

    def __init__(self, num_classes: int = 20, num_stuff: int = 2, novel: bool = True, classes: str | None = None) -> None:
        listed = None if classes is None else class_list(classes)
        self.num_classes = num_classes if listed is None else len(listed)
        self.stuff: Stuff = num_stuff if listed is None else listed.stuff
        self.names = None if listed is None else listed.thing_names
        self.novel = novel

    def __call__(self, sample: SampleDict) -> SampleDict:
        if sample.get('semantic') is None:
            return sample
        semantic, superpoints = sample['semantic'], sample['superpoints']
        self._check_classes(semantic)
        found = label_instances(sample['instance_ids'], semantic, self.num_classes, self.stuff)
        sample['instance'] = found.instance
        sample['object_ids'] = found.object_ids
        sample['labels'] = found.labels
        sample['object_names'] = (
            object_names(sample['info'], found.object_ids)
            if self.names is None
            else [self.names[label] for label in found.labels]
        )
        sample['masks'] = superpoint_majority(found.instance, superpoints, len(found.object_ids))
        sample['semantic_masks'] = semantic_rows(semantic, superpoints, self.num_classes)
        sample['panoptic'] = panoptic_ids(found.instance, semantic, self.stuff)
        sample['novel_masks'] = self._novel_masks(sample)
        return sample

    def _novel_masks(self, sample: SampleDict) -> np.ndarray:
        total = sample['masks'].shape[1]
        if self.novel and sample.get('novel_masks') is not None:
            return sample['novel_masks']
        if self.novel and sample.get('novel_point_masks') is not None:
            return mask_majority(sample['novel_point_masks'], sample['superpoints'])
        return np.zeros((0, total), dtype=bool)

    def _check_classes(self, semantic: np.ndarray) -> None:
        low, high = int(semantic.min()), int(semantic.max())
        if low < 0 or high > self.num_classes:
            raise DataError(
                f'semantic classes run from {low} to {high}; expected 0..{self.num_classes} ({self.num_classes} = void): '
                'put MapSemantic before SuperpointAnnotations'
            )
