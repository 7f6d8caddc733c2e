"""Features of some points of a scene on disk: as .safetensors, or as OpenScene and SAS store them (``<scene>_<chunk>.pt``)."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from uniseg3d.structures.point_features import PointFeatures
from uniseg3d.utils.errors import DataError, FileFormatError
from uniseg3d.utils.files import atomic_path
from uniseg3d.utils.torch_files import read_torch_file

SUFFIXES = ('.safetensors', '.pt')


def feature_files(folder: str | Path, scene_id: str) -> list[Path]:
    """Files of a scene, one for each random part of it: ``<scene>_<k>`` or, as for nuScenes, ``<scene>``."""
    folder = Path(folder)
    whole = [folder / f'{scene_id}{suffix}' for suffix in SUFFIXES]
    parts = [path for suffix in SUFFIXES for path in folder.glob(f'{scene_id}_*{suffix}') if _is_part(path, scene_id)]
    return [path for path in whole if path.exists()] + sorted(parts)


def _is_part(path: Path, scene_id: str) -> bool:
    return path.stem.removeprefix(f'{scene_id}_').isdecimal()


def read_point_features(path: str | Path, points: int | None = None) -> PointFeatures:
    """Read any of the three layouts: ours, the usual one (feat, mask_full), and the older one with a third entry, mask.

    ``points``: how many the scene has.
    """
    content = read_torch_file(path)
    if not isinstance(content, dict) or not {'feat', 'mask_full'} <= content.keys():
        raise FileFormatError(f'{path} has no entries feat and mask_full; expected the lifted features of one scene')
    features, seen = (torch.as_tensor(content[key]) for key in ('feat', 'mask_full'))
    features = features[..., 0] if features.ndim == 3 else features
    seen = seen.bool()
    if content.get('mask') is not None:
        features, seen = _older(features, seen, torch.as_tensor(content['mask']))
    _check(path, features, seen, points)
    return PointFeatures(features.half(), seen)


def _older(features: Tensor, chosen: Tensor, mask: Any) -> tuple[Tensor, Tensor]:
    """In the older files ``chosen`` are the points of a random part, and ``mask`` the rows of it that really have a feature."""
    rows = mask.nonzero()[:, 0] if mask.dtype == torch.bool else mask.long().sort().values
    seen = torch.zeros_like(chosen)
    seen[chosen.nonzero()[:, 0][rows]] = True
    return features[rows], seen


def _check(path: str | Path, features: Tensor, seen: Tensor, points: int | None) -> None:
    if features.ndim != 2 or len(features) != int(seen.sum()):
        raise FileFormatError(
            f'{path}: feat has shape {tuple(features.shape)}; expected one row for each of the {int(seen.sum())} points of '
            'mask_full'
        )
    if points is not None and len(seen) != points:
        raise DataError(f'{path} covers {len(seen)} points, but the scene has {points}; lift the features of this scene again')
    bad = int((~features.isfinite().all(1)).sum())
    if bad:
        raise DataError(f'{path}: {bad} of {len(features)} features are not finite; lift the features of this scene again')


def write_point_features(path: str | Path, values: PointFeatures) -> None:
    """Write .safetensors, or the usual layout of OpenScene where ``path`` ends in .pt."""
    content = {'feat': values.features.half().cpu().contiguous(), 'mask_full': values.seen.cpu().contiguous()}
    with atomic_path(path) as temporary:
        if Path(path).suffix == '.safetensors':
            from safetensors.torch import save_file

            save_file(content, temporary)
        else:
            torch.save(content, temporary)
