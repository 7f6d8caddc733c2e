"""Columns of gaussian files, and the numbers they stand for."""

import numpy as np
import torch
from torch import Tensor

from uniseg3d.ops.rasterize.harmonics import DEGREES, harmonics_degree
from uniseg3d.structures.gaussians import Gaussians
from uniseg3d.utils.errors import DataError, FileFormatError

Columns = dict[str, np.ndarray]
SURE = 1e-6  # distance from 0 and 1 at which opacities are kept where their logarithm of odds is stored
NEEDED = (*(f'f_dc_{k}' for k in range(3)), 'opacity', *(f'scale_{k}' for k in range(3)), *(f'rot_{k}' for k in range(4)))


def columns_of(gaussians: Gaussians, convention: str, degree: int | None) -> Columns:
    """All but positions and queries, in the order of files; bands above ``degree`` are left out."""
    harmonics = _numbers(gaussians.harmonics)
    known = harmonics_degree(harmonics.shape[-1])
    kept = (min(known, known if degree is None else degree) + 1) ** 2
    quaternions, opacities = gaussians.quaternions.detach(), gaussians.opacities.detach()
    if convention == '3dgs':
        quaternions = torch.nn.functional.normalize(quaternions, dim=-1)
        opacities = torch.logit(opacities.double(), SURE)
    columns = dict.fromkeys(('nx', 'ny', 'nz'), np.zeros(len(gaussians), np.float32))
    columns |= _numbered('f_dc', harmonics[:, :, 0])
    columns |= _numbered('f_rest', harmonics[:, :, 1:kept].reshape(len(harmonics), 3 * (kept - 1)))
    columns['opacity'] = _numbers(opacities)
    columns |= _numbered('scale', np.log(_numbers(gaussians.scales)))
    columns |= _numbered('rot', _numbers(quaternions))
    for name, labels in (('semantic_label', gaussians.semantic), ('instance_label', gaussians.instance)):
        if labels is not None:
            columns[name] = labels.cpu().numpy().astype(np.int32)
    return columns


def query_columns(gaussians: Gaussians, convention: str, table: Tensor | None) -> Columns:
    """What the queries say: masks alone, or the ``table`` [G, Q, C + 1] of their products with the classes."""
    if table is None and gaussians.masks is not None and gaussians.mask_classes is not None:
        if convention == '3dgs':
            return _numbered('query_mask', _numbers(gaussians.masks))
        table = gaussians.masks[:, :, None] * gaussians.mask_classes
    if table is None:
        return {}
    if table.ndim != 3 or len(table) != len(gaussians):
        raise DataError(f'the query table has shape {list(table.shape)}; expected [{len(gaussians)}, Q, C + 1]')
    return _numbered('seg_query_class_logits', _numbers(table).reshape(len(gaussians), table.shape[1] * table.shape[2]))


def parts_of(columns: Columns, where: str) -> dict[str, Tensor]:
    """Fields of the gaussians but positions, opacities and queries; refuses files of something else."""
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        raise FileFormatError(
            f'{where} holds no gaussians: it lacks {", ".join(missing)}; expected x y z, f_dc_*, opacity, scale_* and rot_*'
        )
    rest = sum(name.startswith('f_rest_') for name in columns)
    if rest % 3 or rest // 3 + 1 not in DEGREES or any(f'f_rest_{k}' not in columns for k in range(rest)):
        raise FileFormatError(f'{where}: {rest} columns f_rest_*; expected 0, 9, 24, 45 or 72, counted from 0')
    bands = _stacked(columns, 'f_rest', rest).unflatten(1, (3, -1)) if rest else torch.empty(len(columns['opacity']), 3, 0)
    parts = {
        'harmonics': torch.cat([_stacked(columns, 'f_dc', 3)[:, :, None], bands], -1),
        'scales': _stacked(columns, 'scale', 3).exp(),
        'quaternions': _stacked(columns, 'rot', 4),
    }
    turned = parts['quaternions'].abs().sum(1) > 0
    if not turned.all():
        raise FileFormatError(f'{where}: {int((~turned).sum())} gaussians have a rotation of length zero; drop them first')
    for name in ('semantic', 'instance'):
        if f'{name}_label' in columns:
            parts[name] = torch.from_numpy(columns[f'{name}_label'].astype(np.int64))
    return parts


def opacity_of(stored: np.ndarray, convention: str, where: str) -> Tensor:
    """Opacities [G] in 0..1."""
    values = torch.from_numpy(stored.astype(np.float32))
    if convention == '3dgs':
        return values.sigmoid()
    if not ((values >= 0) & (values <= 1)).all():
        low, high = float(values.min()), float(values.max())
        raise FileFormatError(
            f'{where}: opacities from {low:g} to {high:g}; in siu3r files they are in 0..1; try convention 3dgs'
        )
    return values


def _numbers(values: Tensor) -> np.ndarray:
    return values.detach().cpu().float().numpy()


def _numbered(name: str, table: np.ndarray) -> Columns:
    return {f'{name}_{k}': column for k, column in enumerate(np.ascontiguousarray(table.T))}


def _stacked(columns: Columns, name: str, count: int) -> Tensor:
    return torch.from_numpy(np.stack([columns[f'{name}_{k}'] for k in range(count)], 1).astype(np.float32))
