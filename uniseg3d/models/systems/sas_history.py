"""The running average of a network's own features, scene by scene, on disk: the teacher of the second stage."""

from pathlib import Path

import torch
from torch import Tensor

from uniseg3d.models.criteria.point_distillation import blend_history
from uniseg3d.utils.errors import DataError
from uniseg3d.utils.files import atomic_path
from uniseg3d.utils.torch_files import read_torch_file

KINDS = {'float32': torch.float32, 'float16': torch.float16}


class FeatureHistory:
    """One file for each scene, which any process of a run reads and replaces.

    Args:
        folder: where the files lie.
        momentum: share of the old average in the new one.
        dtype: 'float32', or 'float16' as the published program, which loses most small steps.
        per_point: keep features of points as the published program does, not of superpoints.
    """

    def __init__(self, folder: str | Path, momentum: float = 0.9999, dtype: str = 'float32', per_point: bool = False) -> None:
        if dtype not in KINDS or not 0 <= momentum <= 1:
            raise DataError(f'a history has momentum 0..1 and type {" or ".join(KINDS)}; got {momentum} and {dtype}')
        self.folder, self.momentum, self.dtype, self.per_point = Path(folder), momentum, KINDS[dtype], per_point

    def path(self, scene_id: str) -> Path:
        """File of a scene."""
        return self.folder / f'{scene_id}.safetensors'

    def start(self, scene_id: str, features: Tensor) -> None:
        """Begin with ``features`` [M, C] (or [N, C]) unless the scene has a history: so an interrupted run goes on."""
        if not self.path(scene_id).exists():
            self._write(scene_id, features)

    def update(self, scene_id: str, features: Tensor) -> Tensor:
        """Blend ``features`` in and return the new average, on their device."""
        path = self.path(scene_id)
        if not path.exists():
            raise DataError(
                f'scene {scene_id} has no history in {self.folder}; the hook HistoryHook makes them before training'
            )
        old = read_torch_file(path)['history'].to(features.device)
        if old.shape != features.shape:
            raise DataError(
                f'{path} has shape {tuple(old.shape)}, the scene {tuple(features.shape)}; delete the folder to start again'
            )
        new = blend_history(old, features, self.momentum)
        self._write(scene_id, new)
        return new

    def _write(self, scene_id: str, features: Tensor) -> None:
        from safetensors.torch import save_file

        with atomic_path(self.path(scene_id)) as temporary:
            save_file({'history': features.detach().to(self.dtype).cpu().contiguous()}, temporary)
