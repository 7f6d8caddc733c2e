"""Class ids of a data set's files to the classes of training."""

import numpy as np

from uniseg3d.registry import TRANSFORMS
from uniseg3d.text.class_lists import class_list, label_table
from uniseg3d.transforms.base import SampleDict
from uniseg3d.utils.errors import DataError


def map_semantic(raw: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Look up raw ids [N] in ``table``; ids outside it are an error, not void: they come from another label space."""
    low, high = int(raw.min()), int(raw.max())
    if low < 0 or high >= len(table):
        raise DataError(
            f'semantic ids run from {low} to {high}; this label space has ids 0..{len(table) - 1}: '
            'was the data exported with --scannet200, or are the labels mapped already?'
        )
    return table[raw]


@TRANSFORMS.register_module()
class MapSemantic:
    """Replace ``semantic`` by positions in the class list; every other id up to ``largest_id`` becomes void, the last class."""

    def __init__(self, classes: str = 'scannet20', largest_id: int = 41) -> None:
        self.table = label_table(class_list(classes), largest_id + 1)

    def __call__(self, sample: SampleDict) -> SampleDict:
        if sample.get('semantic') is not None:
            sample['semantic'] = map_semantic(sample['semantic'], self.table)
        return sample
