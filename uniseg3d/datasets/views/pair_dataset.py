"""Sequences of views that show the same things, from lists of image pairs."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from uniseg3d.datasets.sequence_sampler import draw_connected
from uniseg3d.datasets.views.dataset import ViewSequenceDataset
from uniseg3d.datasets.views.reader import PosedView
from uniseg3d.io.arrays import read_npz_arrays
from uniseg3d.registry import DATASETS
from uniseg3d.utils.errors import DataError, FileFormatError

TABLE = 'scene_metadata.npz'  # in the folder of every scene: images, and pairs of places in them


@DATASETS.register_module()
class ViewPairDataset(ViewSequenceDataset):
    """Every listed pair starts a sequence; the others are partners of images that are in it already.

    Sequences always have ``views`` views. What the sampler says beside the resolution is of how many of the first ones
    partners are taken; without it of all. Other arguments as of :class:`ViewSequenceDataset`.
    """

    def _starts(self, every: int) -> np.ndarray:
        """Scene and pair of every sequence [S, 2]."""
        counts = [len(_pairs(self._table(scene))[0]) for scene in range(len(self.reader.scenes))]
        rows = [(scene, pair) for scene, count in enumerate(counts) for pair in range(0, count, every)]
        if not rows:
            raise DataError(f'no scene in {self.data_root} lists pairs; make them: tools/create_data.py scannetpp --make-pairs')
        return np.array(rows, np.int64)

    def _table(self, scene: int) -> Path:
        return Path(self.data_root) / self.reader.scenes[scene] / TABLE

    def _sequence(self, name: str, scene: int, first: int, count: int, rng: np.random.Generator) -> list[PosedView]:
        """The pair numbered ``first``, and partners of the first ``count`` views."""
        pairs, partners, images = _pairs(self._table(scene))
        drawn = draw_connected(rng, tuple(pairs[first].tolist()), partners, self.views, count)
        return [self.reader.read(name, images[place]) for place in drawn]


@lru_cache(maxsize=256)
def _pairs(path: Path) -> tuple[np.ndarray, list[list[int]], list[str]]:
    """Pairs [P, 2], the partners of every image, and the images without endings."""
    arrays = read_npz_arrays(path)
    if missing := {'pairs', 'images'} - set(arrays):
        raise FileFormatError(f'{path} lacks {", ".join(sorted(missing))}; prepare the data set again')
    images = [str(name).rsplit('.', 1)[0] for name in arrays['images']]
    pairs = arrays['pairs'][:, :2].astype(np.int64) if arrays['pairs'].size else np.zeros((0, 2), np.int64)  # then a score
    if pairs.size and not 0 <= pairs.min() <= pairs.max() < len(images):
        raise FileFormatError(f'{path}: pairs name the images {pairs.min()} to {pairs.max()}, of which there are {len(images)}')
    partners: list[list[int]] = [[] for _ in images]
    for one, other in pairs.tolist():
        partners[one].append(other)
        partners[other].append(one)
    return pairs, partners, images
