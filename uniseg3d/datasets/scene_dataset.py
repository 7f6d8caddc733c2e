"""Prepared scenes of one split, as every point system reads them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import Dataset

from uniseg3d.datasets.record_list import RecordList
from uniseg3d.io.infos import read_infos
from uniseg3d.io.scene_info import SceneInfo
from uniseg3d.registry import DATASETS, TRANSFORMS
from uniseg3d.structures import Sample
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import ConfigError, DataError, UniSeg3DError
from uniseg3d.utils.seeding import sample_rng

FOLDERS = {
    'points': 'points',
    'superpoints': 'super_points',
    'instance': 'instance_mask',
    'semantic': 'semantic_mask',
    'novel': 'pseudo_masks',
}


def scene_paths(root: Path, info: SceneInfo, folders: Mapping[str, str] = FOLDERS) -> dict[str, Path | None]:
    """File of each array of a scene in ``folders`` below ``root``; None where the scene has none."""
    names = {
        'points': info.points_path,
        'superpoints': info.superpoints_path,
        'instance': info.instance_mask_path,
        'semantic': info.semantic_mask_path,
        'novel': info.pseudo_masks_path,
    }
    return {key: root / folders[key] / name if name else None for key, name in names.items()}


@DATASETS.register_module()
class SceneDataset(Dataset[Sample]):
    """Scenes of an info file, run through a pipeline.

    A sample depends on (seed, epoch, index) only, in ``test_mode`` not even on the epoch. :meth:`set_epoch` reaches workers
    that are already running.

    Args:
        data_root: folder of the prepared data set.
        info_file: info file (.json or .pkl), relative to ``data_root``.
        pipeline: configs of transforms; the last one returns a :class:`Sample`.
        folders: folders below ``data_root`` where they differ from ``FOLDERS``.
        classes: name of the class list.
        repeat: how often an epoch shows each scene, each time with other random numbers.
        limit: use the first scenes only; for quick looks.
        require_instances: leave out scenes without annotated objects.
    """

    def __init__(
        self,
        data_root: str,
        info_file: str,
        pipeline: Sequence[Mapping[str, Any]],
        folders: Mapping[str, str] | None = None,
        classes: str = 'scannet20',
        seed: int = 0,
        test_mode: bool = False,
        repeat: int = 1,
        limit: int | None = None,
        require_instances: bool = False,
    ) -> None:
        unknown = sorted(set(folders or {}) - set(FOLDERS))
        if unknown or repeat < 1:
            raise ConfigError(
                f'SceneDataset: folders must be some of {sorted(FOLDERS)} and repeat >= 1, got {folders}, {repeat}'
            )
        self.data_root = Path(data_root)
        self.folders = FOLDERS | dict(folders or {})
        self.classes = classes
        self.seed = seed
        self.test_mode = test_mode
        self.repeat = repeat
        self.infos = RecordList(self._select(self.data_root / info_file, limit, require_instances))
        self.pipeline = [TRANSFORMS.build(transform) for transform in pipeline]
        self._epoch = torch.zeros(1, dtype=torch.int64).share_memory_()  # shared: persistent workers hold copies of self

    @staticmethod
    def _select(path: Path, limit: int | None, require_instances: bool) -> list[SceneInfo]:
        infos = [info for info in read_infos(path) if info.instances or not require_instances]
        if not infos:
            raise DataError(f'{path} lists no scenes to use; prepare the data set again')
        return infos[:limit]

    @property
    def metainfo(self) -> dict[str, Any]:
        """What metrics and pictures need to know: class names, colours, which classes are stuff."""
        classes = class_list(self.classes)
        return {
            'classes': classes.names,
            'palette': classes.colors.tolist(),
            'stuff': classes.stuff,
            'things': classes.things,
        }

    @property
    def scene_ids(self) -> list[str]:
        """Names of the scenes, in order."""
        return [info.scene_id for info in self.infos]

    def set_epoch(self, epoch: int) -> None:
        """Choose the random numbers of the samples to come."""
        self._epoch.fill_(epoch)

    def __len__(self) -> int:
        return len(self.infos) * self.repeat

    def __getitem__(self, index: int) -> Sample:
        if not -len(self) <= index < len(self):
            raise IndexError(f'sample {index} of {len(self)}')
        index %= len(self)
        info = self.infos[index % len(self.infos)]
        rng = sample_rng(self.seed, 0 if self.test_mode else int(self._epoch), index)
        try:
            return self._run({'scene_id': info.scene_id, 'info': info, 'paths': self.paths(info), 'rng': rng})
        except UniSeg3DError as error:
            if info.scene_id in str(error):
                raise
            raise type(error)(f'scene {info.scene_id}: {error}') from error

    def paths(self, info: SceneInfo) -> dict[str, Path | None]:
        """File of each array of a scene; None where the scene has none."""
        return scene_paths(self.data_root, info, self.folders)

    def _run(self, sample: Any) -> Sample:
        for transform in self.pipeline:
            sample = transform(sample)
        return sample
