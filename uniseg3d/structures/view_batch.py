"""Several sequences of posed depth images on their way through a model, all of one length and size."""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from uniseg3d.structures.container import Container
from uniseg3d.structures.prompts import Texts
from uniseg3d.structures.view_set import ViewSet
from uniseg3d.utils.errors import DataError

GRAY = 127.5  # 0..255 becomes -1..1
PER_VIEW = ('images', 'camera_to_world', 'intrinsics', 'depth', 'full_depth', 'semantic', 'instance')


@dataclass(eq=False)
class ViewBatch(Container):
    """B sequences of V views. Cameras are OpenCV camera-to-world, pixels with centres at whole numbers.

    Cameras, depths and labels are what training learns from; they are ``None`` where only pictures are known.
    """

    scene_ids: list[str]  # B
    images: Tensor  # [B, V, 3, H, W] float, -1..1
    names: list[list[str]]  # B x V frame names
    camera_to_world: Tensor | None = None  # [B, V, 4, 4] float
    intrinsics: Tensor | None = None  # [B, V, 3, 3] float
    depth: Tensor | None = None  # [B, V, H, W] float along z; 0 = unknown, negative = sky
    is_metric: Tensor | None = None  # [B] bool: depth and cameras are in metres, not in a unit of their own
    semantic: Tensor | None = None  # [B, V, H, W] int64, place of a pixel's class in its sequence's ``classes``; -1 = unknown
    instance: Tensor | None = None  # [B, V, H, W] int64, the same in all views; 0 = none
    classes: list[list[str]] | None = None  # B x C names of the classes that each sequence is labelled with
    texts: list[Texts] | None = None  # B x T sentences about things in the views
    text_objects: list[Tensor] | None = None  # B x [T] int64, the instance that each sentence means
    full_depth: Tensor | None = None  # [B, V, H', W'] float: depth at the size of the photos, for metrics that compare there

    def __post_init__(self) -> None:
        self._check_items('scene_ids', str)
        self._check('images', (len(self), None, 3, None, None), 'float')
        if self.images.numel() == 0:
            raise DataError(f'ViewBatch.images has shape {tuple(self.images.shape)}; expected at least one view')
        _, views, _, height, width = self.images.shape
        for name, shape, kind in (
            ('camera_to_world', (views, 4, 4), 'float'),
            ('intrinsics', (views, 3, 3), 'float'),
            ('depth', (views, height, width), 'float'),
            ('full_depth', (views, None, None), 'float'),
            ('is_metric', (), 'bool'),
            ('semantic', (views, height, width), 'index'),
            ('instance', (views, height, width), 'index'),
        ):
            if getattr(self, name) is not None:
                self._check(name, (len(self), *shape), kind)
        if self.classes is not None:
            self._check_items('classes', list)
        if self.semantic is not None and len(self.classes or []) != len(self):
            raise DataError(f'ViewBatch.classes: labels of {len(self)} sequences need one list of class names each')
        self._check_texts()

    def _check_texts(self) -> None:
        for name, kind in (('texts', Texts), ('text_objects', Tensor)):
            if getattr(self, name) is not None:
                self._check_items(name, kind)
        given, meant = (None if part is None else [len(item) for item in part] for part in (self.texts, self.text_objects))
        if len(self) != len(self if given is None else given) or meant not in (None, given):
            raise DataError(
                f'ViewBatch.texts: expected sentences of {len(self)} sequences and as many text_objects, '
                f'got {given} and {meant}'
            )

    def __len__(self) -> int:
        return len(self.scene_ids)

    def __iter__(self) -> Iterator['ViewBatch']:
        """Each sequence by itself, as a batch of one."""
        for row in range(len(self)):
            parts: dict[str, Any] = {
                name: value if value is None else value[row : row + 1] for name, value in vars(self).items()
            }
            yield ViewBatch(**parts)

    @property
    def views(self) -> int:
        """Views per sequence."""
        return self.images.shape[1]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of every image."""
        return self.images.shape[3], self.images.shape[4]

    def select(self, views: Sequence[int]) -> 'ViewBatch':
        """The batch with some of the views of every sequence, in the order that they are named in."""
        chosen = copy.copy(self)
        for name in PER_VIEW:
            value = getattr(self, name)
            setattr(chosen, name, None if value is None else value[:, list(views)])
        chosen.names = [[names[view] for view in views] for names in self.names]
        return chosen

    @classmethod
    def of(cls, view_set: ViewSet, is_metric: bool = True) -> 'ViewBatch':
        """A batch of the one sequence ``view_set``."""
        known: dict[str, Any] = {
            name: _unsqueezed(getattr(view_set, name)) for name in ('camera_to_world', 'intrinsics', 'depth')
        }
        images = view_set.images.permute(0, 3, 1, 2)[None].float() / GRAY - 1  # [1, V, 3, H, W]
        return cls([view_set.scene_id], images, [view_set.names], **known, is_metric=torch.tensor([is_metric]))

    @classmethod
    def cat(cls, batches: Sequence['ViewBatch']) -> 'ViewBatch':
        """One batch of all sequences; they must be equally long and large, and know the same."""
        shapes = {tuple(batch.images.shape[1:]) for batch in batches}
        if len(shapes) != 1:
            raise DataError(f'sequences of different shapes {sorted(shapes)} make no batch; give all one length and resolution')
        tensors = {}
        for name in (*PER_VIEW, 'is_metric'):
            values = [getattr(batch, name) for batch in batches]
            known = [value for value in values if value is not None]
            if known and len(known) < len(values):
                raise DataError(f'ViewBatch.{name} is known for {len(known)} of {len(values)} sequences; expected all or none')
            tensors[name] = torch.cat(known) if known else None
        ids, names = ([item for batch in batches for item in getattr(batch, key)] for key in ('scene_ids', 'names'))
        listed: dict[str, Any] = {
            key: [item for batch in batches for item in getattr(batch, key) or []] or None
            for key in ('classes', 'texts', 'text_objects')
        }
        return cls(ids, tensors.pop('images'), names, **tensors, **listed)  # type: ignore[arg-type]


def _unsqueezed(value: Tensor | None) -> Tensor | None:
    return None if value is None else value[None]
