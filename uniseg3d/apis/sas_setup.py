"""What the section ``priors`` of a config says: experts, their common space, and where everything lies."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from torch import Tensor

from uniseg3d.datasets.scene_dataset import SceneDataset
from uniseg3d.io.arrays import read_bin
from uniseg3d.io.posed_views import lost_photos, read_posed_views
from uniseg3d.io.scene_info import SceneInfo
from uniseg3d.models.layers.build import as_module
from uniseg3d.priors.fusion import FusionOptions
from uniseg3d.priors.pixel_experts import Photo, PixelExpert
from uniseg3d.registry import DATASETS, EXPERTS
from uniseg3d.structures import ViewSet
from uniseg3d.text.class_lists import class_list
from uniseg3d.text.text_space import TextSpace
from uniseg3d.utils.errors import ConfigError, DataError

LIFTED, FUSED, PICTURES, CAPABILITY = 'lifted', 'fused', 'pictures', 'capability'


@dataclass(frozen=True)
class PriorSettings:
    """The section ``priors`` of a config.

    Args:
        folder: everything that the stages make goes below it.
        frames: folder with the frames of each scene.
        vocabulary: class list that experts are compared on.
        texts: options of :class:`TextSpace` with its encoder.
        experts: configs of experts by name, in the order of fusion.
        pictures: config of what draws pictures of single classes.
        refiner: config of what makes their masks exact.
        fusion: options of :class:`FusionOptions`.
        every: use every N-th frame.
        depth_scale: units of a depth map in a metre; None = there are no depth maps.
        tolerance, border: of ``find_visible``.
        per_image: capability as the mean over pictures, not pooled.
        suffix: '.pt' writes features as OpenScene does; '.safetensors' is the safe form.
        device: where lifting adds up.
    """

    folder: str
    frames: str
    vocabulary: str
    texts: Mapping[str, Any]
    experts: Mapping[str, Mapping[str, Any]]
    pictures: Mapping[str, Any]
    refiner: Mapping[str, Any]
    fusion: Mapping[str, Any] = field(default_factory=dict)
    every: int = 1
    depth_scale: float | None = 1000.0
    tolerance: float = 0.25
    border: int = 10
    per_image: bool = False
    suffix: str = '.safetensors'
    device: str = 'cpu'


@dataclass(frozen=True, eq=False)
class PriorScene:
    """A prepared scene and how to find its photos."""

    info: SceneInfo
    points_path: Path

    @property
    def points(self) -> Tensor:
        """Positions [N, 3] in the frame of the file, which is that of the cameras."""
        rows = read_bin(self.points_path, np.float32, columns=6, count=self.info.num_points)
        return torch.from_numpy(rows[:, :3])


class Priors:
    """The stages' common ground, built from a config."""

    def __init__(self, config: Config) -> None:
        if not config.get('priors'):
            raise ConfigError(f'{config.filename} has no section priors; add one, as configs/_base_/priors/rooms.py does')
        self.config, self.settings = config, PriorSettings(**config.priors)
        self.folder = Path(self.settings.folder)
        self.names = class_list(self.settings.vocabulary).names
        self.fusion = FusionOptions(**self.settings.fusion)

    @cached_property
    def texts(self) -> TextSpace:
        """The space that all experts share."""
        options = dict(self.settings.texts)
        return TextSpace(as_module(options.pop('encoder')), **options)  # type: ignore[arg-type]

    @cached_property
    def vocabulary(self) -> Tensor:
        """Directions of the vocabulary [K, C], the first synonym of each."""
        return self.texts.classes(self.names)[:, 0]

    def expert_names(self, only: Sequence[str] | None = None) -> list[str]:
        """Names of all experts, or of some."""
        unknown = sorted(set(only or ()) - self.settings.experts.keys())
        if unknown:
            raise ConfigError(f'expert {unknown[0]} is not known; choose of {", ".join(self.settings.experts)}')
        return [name for name in self.settings.experts if only is None or name in only]

    def expert(self, name: str) -> PixelExpert:
        """An expert, built now: its weights stay away until they are needed."""
        return EXPERTS.build(dict(self.settings.experts[name]))

    def scenes(self, splits: Sequence[str] = ('train', 'val')) -> Iterator[PriorScene]:
        """Scenes of the config's data, each once."""
        known = set()
        for split in splits:
            source = dict(self.config[f'{split}_dataloader'].dataset)
            dataset: SceneDataset = DATASETS.build({**source, 'pipeline': [], 'repeat': 1})
            for info in dataset.infos:
                path = dataset.paths(info)['points']
                if info.scene_id not in known and path is not None:
                    known.add(info.scene_id)
                    yield PriorScene(info, path)

    def views(self, scene_id: str) -> ViewSet:
        """Frames of a scene; those whose camera was lost are left out."""
        views = read_posed_views(Path(self.settings.frames) / scene_id, self.settings.every, self.settings.depth_scale)
        if views.intrinsics is None or views.camera_to_world is None:
            raise DataError(f'scene {scene_id}: the frames have no cameras')
        return views

    def lost_photos(self, scene_id: str) -> list[str]:
        """Names of the photos that are left out."""
        return lost_photos(Path(self.settings.frames) / scene_id, self.settings.depth_scale is not None)

    def photos(self, views: ViewSet) -> list[Photo]:
        """The same as experts are given them."""
        folder = Path(self.settings.frames) / views.scene_id
        return [Photo(image, views.scene_id, name, folder) for image, name in zip(views.images, views.names, strict=True)]

    def lifted_path(self, expert: str, scene_id: str) -> Path:
        """Where the features of an expert go."""
        return self.folder / LIFTED / expert / f'{scene_id}_0{self.settings.suffix}'

    def fused_path(self, scene_id: str, kind: str = FUSED) -> Path:
        """Where the features of all experts together go."""
        return self.folder / kind / f'{scene_id}_0{self.settings.suffix}'

    def capability_path(self, expert: str) -> Path:
        """Where the capability of an expert goes."""
        return self.folder / CAPABILITY / f'{expert}.json'
