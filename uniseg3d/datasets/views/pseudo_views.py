"""Several views of one labelled photo: turned, moved and scaled cut-outs of it, in the place of photos of a scene."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.utils.data import Dataset

from uniseg3d.datasets.views.pixel_labels import VOID
from uniseg3d.datasets.views.reader import PosedView
from uniseg3d.geometry.view_crop import ViewImage
from uniseg3d.io.fields import Fields
from uniseg3d.io.id_images import read_ids
from uniseg3d.io.images import read_color
from uniseg3d.registry import DATASETS, TRANSFORMS
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.utils.errors import ConfigError, DataError
from uniseg3d.utils.files import read_json
from uniseg3d.utils.seeding import sample_rng


@DATASETS.register_module()
class PseudoViewDataset(Dataset[ViewBatch]):
    """Photos with panoptic labels in the form of COCO, as ADE20K's are, too; every sample is one photo.

    There is no depth, and the cameras say nothing: this teaches names and outlines, with the geometry kept as it is.

    Args:
        data_root: folder of the data set.
        annotations: its JSON file: images, annotations with segments, categories; below ``data_root``.
        images, panoptic: folders of photos and of pictures of segment ids, below ``data_root``.
        pipeline: configs of transforms after the views are cut; the last one returns a :class:`ViewBatch`.
        views: of every photo.
        resolutions: image sizes (width, height); the sampler chooses by position, else the first is used.
        turn: views are turned by up to so many degrees.
        scales: least and largest side of a cut-out, as a share of the largest one that the photo holds.
        labels: always; named so that the parts of a mixture share their fields.
    """

    def __init__(
        self,
        data_root: str,
        annotations: str,
        images: str,
        panoptic: str,
        pipeline: Sequence[Mapping[str, Any]],
        views: int = 5,
        resolutions: Sequence[tuple[int, int]] = ((512, 384),),
        turn: float = 15.0,
        scales: tuple[float, float] = (0.4, 1.0),
        seed: int = 0,
        limit: int | None = None,
        labels: bool = True,
    ) -> None:
        if not labels:
            raise ConfigError('PseudoViewDataset: photos without depth teach nothing but their labels; set labels=True')
        if views < 1 or not 0 < scales[0] <= scales[1] <= 1:
            raise ConfigError(f'PseudoViewDataset needs a view, and scales in 0..1, the least first; got {views} and {scales}')
        self.folders = Path(data_root) / images, Path(data_root) / panoptic
        content = Fields(read_json(Path(data_root) / annotations, 'download it again'), annotations)
        categories = {record.integer('id', 0, 10**6): record.text('name') for record in content.records('categories')}
        self.classes = list(categories.values())
        self.place = {number: place for place, number in enumerate(categories)}
        self.photos = {record.integer('id', 0, 10**12): record.file_name('file_name') for record in content.records('images')}
        self.records = [json.dumps(record.record) for record in content.records('annotations')][:limit]
        if not self.records:
            raise DataError(f'{Path(data_root) / annotations} annotates no image')
        self.pipeline = [TRANSFORMS.build(transform) for transform in pipeline]
        self.views, self.turn, self.scales, self.seed = views, turn, scales, seed
        self.resolutions = [(width, height) for width, height in resolutions]
        self._epoch = torch.zeros(1, dtype=torch.int64).share_memory_()  # shared: persistent workers hold copies of self

    @property
    def metainfo(self) -> dict[str, Any]:
        """Nothing that a picture or a metric would need."""
        return {}

    def set_epoch(self, epoch: int) -> None:
        """Choose the random numbers of the samples to come."""
        self._epoch.fill_(epoch)

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, key: int | tuple[int, int, int]) -> ViewBatch:
        index, resolution = key[:2] if isinstance(key, tuple) else (key, 0)
        if not -len(self) <= index < len(self):
            raise IndexError(f'sample {index} of {len(self)}')
        rng = sample_rng(self.seed, int(self._epoch), index % len(self))
        name, photo = self._photo(index)
        size = self.resolutions[resolution]
        sample: Any = {
            'scene_id': name,
            'views': [self._view(photo, size, number, rng) for number in range(self.views)],
            'is_metric': False,
            'classes': self.classes,
            'resolution': size,
            'rng': rng,
        }
        for transform in self.pipeline:
            sample = transform(sample)
        return sample

    def _photo(self, index: int) -> tuple[str, ViewImage]:
        """A photo with class and segment of every pixel; what is a crowd is unknown."""
        record = Fields(json.loads(self.records[index]), f'annotation {index}')
        file = record.file_name('file_name')
        image = read_color(self.folders[0] / self.photos[record.integer('image_id', 0, 10**12)])
        ids = read_ids(self.folders[1] / file)
        semantic, instance = np.full(ids.shape, VOID, np.int32), np.zeros(ids.shape, np.int32)
        for number, segment in enumerate(record.records('segments_info'), 1):
            if not segment.record.get('iscrowd', 0):
                own = ids == segment.integer('id', 0, 2**24)
                semantic[own], instance[own] = self.place[segment.integer('category_id', 0, 10**6)], number
        return Path(file).stem, ViewImage(image, np.eye(3), {'semantic': semantic, 'instance': instance})

    def _view(self, photo: ViewImage, size: tuple[int, int], number: int, rng: np.random.Generator) -> PosedView:
        matrix = cut_out(photo.image.shape[:2], size, self.turn, self.scales, rng)
        maps = {
            name: warped(values, matrix, size, fill) for (name, values), fill in zip(photo.maps.items(), (VOID, 0), strict=True)
        }
        camera = np.array([[size[0], 0, (size[0] - 1) / 2], [0, size[0], (size[1] - 1) / 2], [0, 0, 1.0]])
        view = ViewImage(warped(photo.image, matrix, size), camera, maps | {'depth': np.zeros(size[::-1], np.float32)})
        return PosedView(str(number), view, np.eye(4))


def cut_out(
    shape: tuple[int, int], size: tuple[int, int], turn: float, scales: tuple[float, float], rng: np.random.Generator
) -> np.ndarray:
    """Pixels of a view of ``size`` (width, height) to those of a photo of ``shape`` (height, width): affine [2, 3].

    The middle of the cut-out is where all of it would lie in the photo, were it not turned.
    """
    height, width = shape
    share = rng.uniform(*scales) * min(width / size[0], height / size[1])  # pixels of the photo per pixel of the view
    angle = np.radians(rng.uniform(-turn, turn))
    across, down = share * size[0] / 2, share * size[1] / 2
    middle = [rng.uniform(across, max(width - across, across)), rng.uniform(down, max(height - down, down))]
    turned = share * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.column_stack([turned, middle - turned @ (np.array(size) / 2)])


def warped(values: np.ndarray, matrix: np.ndarray, size: tuple[int, int], fill: int = 0) -> np.ndarray:
    """A picture [H, W, 3] uint8 or a map [H, W] of ids as the view shows it; ``fill`` where the photo ends."""
    method = Image.Resampling.BILINEAR if values.ndim == 3 else Image.Resampling.NEAREST
    image = Image.fromarray(values)
    filled = (fill,) * 3 if values.ndim == 3 else fill
    return np.asarray(image.transform(size, Image.Transform.AFFINE, matrix.ravel().tolist(), method, fillcolor=filled))
