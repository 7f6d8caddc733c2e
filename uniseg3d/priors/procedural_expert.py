"""Experts with known strengths for frames whose labels are known: what lifting, capability and fusion are tested with.

Such an expert reads the labels and then makes mistakes on purpose, always the same ones: it cannot tell apart the classes of a
group, each as often as its strength says. Nobody would use it to label anything; it shows whether the stages that know nothing
of labels find out who is right.
"""

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from uniseg3d.io.images import read_map
from uniseg3d.io.scannet import read_label_map
from uniseg3d.models.layers.build import as_module
from uniseg3d.priors.pixel_experts import DenseMap, IndexedMap, Photo, PixelMap
from uniseg3d.priors.text_bridge import nearest_map
from uniseg3d.registry import EXPERTS
from uniseg3d.text.class_lists import class_list, meta_path
from uniseg3d.text.text_space import TextSpace
from uniseg3d.utils.errors import ConfigError

LABELS = 'scannet/scannetv2-labels.combined.tsv'
LARGEST_LABEL = 2**16


@EXPERTS.register_module()
class ProceduralExpert:
    """Reads ``label/N.png`` and ``instance/N.png`` beside the photo, and is wrong about whole objects.

    Args:
        texts: options of :class:`TextSpace`, with its encoder.
        strengths: how often it is right about an object of a class; others: ``default``.
        groups: classes that it takes for one another when it is wrong; a class of no group is taken for any other.
        habit: share of its mistakes that it makes about an object in every photo; the rest it makes photo by photo.
        coarseness: pixels along each side of a cell: boundaries are no finer.
        noise: length of a random vector beside each unit feature; 0 gives a map of sentences.
        length: of its features.
    """

    def __init__(
        self,
        texts: Mapping[str, Any],
        strengths: Mapping[str, float],
        groups: Sequence[Sequence[str]] = (),
        default: float = 0.8,
        habit: float = 0.7,
        coarseness: int = 4,
        noise: float = 0.0,
        length: float = 1.0,
        classes: str = 'scannet20',
        seed: int = 0,
    ) -> None:
        listed = class_list(classes)
        self.names = listed.names
        unknown = sorted({*strengths, *(name for group in groups for name in group)} - set(self.names))
        if unknown:
            raise ConfigError(f'ProceduralExpert: {", ".join(unknown)} are no classes of {classes}')
        self.strength = np.array([strengths.get(name, default) for name in self.names])
        self.rivals = [_rivals(name, groups, self.names) for name in self.names]
        self.habit, self.coarseness, self.noise, self.length, self.seed = habit, coarseness, noise, length, seed
        self._class_of_label = _class_of_label(listed.raw_ids)
        options = dict(texts)
        space = TextSpace(as_module(options.pop('encoder')), **options)  # type: ignore[arg-type]
        self.table = length * space.classes(self.names)[:, 0]  # [K, C]

    def describe(self, photos: Sequence[Photo]) -> list[PixelMap]:
        """Cells of every photo, each with the direction of what the expert takes it for."""
        return [self._describe(photo) for photo in photos]

    def _describe(self, photo: Photo) -> PixelMap:
        ids = self.mistaken(photo)
        if not self.noise:
            return IndexedMap(ids, self.table)
        generator = torch.Generator().manual_seed(self._seed(photo.scene_id, photo.name))
        clean = self.table[ids].permute(2, 0, 1)  # [C, h, w]
        spread = self.noise * self.length / clean.shape[0] ** 0.5
        noisy = clean + spread * torch.randn(clean.shape, generator=generator)
        return DenseMap((self.length * F.normalize(noisy, dim=0)).half())

    def mistaken(self, photo: Photo) -> Tensor:
        """What the expert takes each cell for [h, w]."""
        label, thing = (self._read(photo, part) for part in ('label', 'instance'))
        truth = self._class_of_label[label]  # [h, w], K = none
        pair, place = np.unique(thing.astype(np.int64) * (len(self.names) + 1) + truth, return_inverse=True)
        answers = [self._answer(photo, *divmod(int(one), len(self.names) + 1)) for one in pair]
        return torch.from_numpy(np.array(answers)[place].reshape(truth.shape))

    def _read(self, photo: Photo, part: str) -> np.ndarray:
        values = torch.from_numpy(read_map(photo.folder / part / f'{photo.name}.png').astype(np.int64))
        rows, columns = (max(side // self.coarseness, 1) for side in values.shape)
        return nearest_map(values, (rows, columns)).numpy()

    def _answer(self, photo: Photo, thing: int, truth: int) -> int:
        """What it takes an object for. Things without a class are taken for anything."""
        always = np.random.default_rng(self._seed(photo.scene_id, str(thing)))
        today = np.random.default_rng(self._seed(photo.scene_id, f'{photo.name} {thing}'))
        if truth == len(self.names):
            return int(always.integers(len(self.names)))
        lot = always if always.random() < self.habit else today
        if lot.random() < self.strength[truth]:
            return truth
        return int(lot.choice(self.rivals[truth]))

    def _seed(self, scene: str, rest: str) -> int:
        return zlib.crc32(f'{self.seed} {scene} {rest}'.encode())


def _rivals(name: str, groups: Sequence[Sequence[str]], names: Sequence[str]) -> list[int]:
    own = next((group for group in groups if name in group and len(group) > 1), names)
    return [names.index(other) for other in own if other != name]


def _class_of_label(raw_ids: Sequence[int]) -> np.ndarray:
    """Class 0..K-1 of each label id of ScanNet, K = none."""
    position = {raw: index for index, raw in enumerate(raw_ids)}
    path = meta_path(LABELS)
    nyu40 = read_label_map(path, 'nyu40id')
    table = np.full(LARGEST_LABEL, len(raw_ids))
    for category, label in read_label_map(path, 'id').items():
        table[label] = position.get(nyu40[category], len(raw_ids))
    return table
