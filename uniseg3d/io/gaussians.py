"""Files of 3D gaussians (PLY), in the convention of common viewers and in that of SIU3R.

====================  =====================================  ==============================================
attribute             ``3dgs`` (the default)                 ``siu3r``
====================  =====================================  ==============================================
``opacity``           before the sigmoid                     after it, in 0..1
``rot_0..3``          w x y z, unit length                   w x y z, as the network gave it
``f_rest_*``          bands up to degree 3, by channel       all bands, by channel
``semantic_label``    class from 1, 0 = none                 the same
``instance_label``    object from 1, 0 = none                the same
masks of Q queries    ``query_mask_0..Q-1``; their classes   ``seg_query_class_logits_*``: products of mask
                      in comments of the header              and probability, Q (C + 1) columns
====================  =====================================  ==============================================

Both: ``x y z`` metres, ``nx ny nz`` zero, ``f_dc_0..2``, ``scale_0..2`` natural logarithms. Viewers read attributes by name and
pass over those of labels.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from uniseg3d.io.gaussian_columns import columns_of, opacity_of, parts_of, query_columns
from uniseg3d.io.ply import PlyMesh, read_ply, write_ply
from uniseg3d.io.raw_cloud import map_file
from uniseg3d.structures.gaussians import Gaussians
from uniseg3d.utils.errors import ConfigError, DataError, FileFormatError

CONVENTIONS = ('3dgs', 'siu3r')
MARK = 'uniseg3d gaussians, convention '
LONGEST = 60_000  # characters of comments that readers take
PRODUCT = 1e-3  # how far a table may be from products of masks and classes


@dataclass
class GaussianFile:
    """What a file holds, and how sure that is."""

    gaussians: Gaussians
    convention: str
    guessed: bool  # the file does not say its convention
    foreign: list[str] = field(default_factory=list)  # attributes that were left out

    @property
    def remarks(self) -> list[str]:
        """Sentences for a user; empty for files of our own."""
        found = []
        if self.guessed:
            kind = 'opacities in 0..1' if self.convention == 'siu3r' else 'opacities before the sigmoid'
            found.append(f'the file does not say its convention; guessed {self.convention} ({kind})')
        if self.foreign:
            shown = ', '.join(self.foreign[:5]) + (' ...' if len(self.foreign) > 5 else '')
            found.append(f'{len(self.foreign)} attributes are not known and were left out: {shown}')
        return found


def write_gaussians(
    path: str | Path,
    gaussians: Gaussians,
    convention: str = '3dgs',
    degree: int | None = None,
    query_table: Tensor | None = None,
) -> None:
    """Write ``gaussians`` whole or not at all.

    Args:
        degree: highest band of the colours; by default 3, which viewers know, and all in the convention of SIU3R.
        query_table: [G, Q, C + 1] in place of the products of masks and classes; convention ``siu3r`` only.
    """
    _known(convention)
    if query_table is not None and convention != 'siu3r':
        raise ConfigError(f'a query table has no place in a {convention} file; choose siu3r, or give masks and mask_classes')
    columns = columns_of(gaussians, convention, 3 if degree is None and convention == '3dgs' else degree)
    columns |= query_columns(gaussians, convention, query_table)
    comments = [] if convention == 'siu3r' else [MARK + convention, *_class_comments(gaussians)]
    if sum(map(len, comments)) > LONGEST:
        raise DataError(
            f'{path}: the classes of {gaussians.mask_classes.shape[0]} queries do not fit into a header; '  # type: ignore[union-attr]
            'leave out masks and mask_classes, or choose convention siu3r'
        )
    write_ply(path, PlyMesh(gaussians.means.detach().cpu().numpy(), extra=columns), comments=comments)


def _class_comments(gaussians: Gaussians) -> list[str]:
    if gaussians.mask_classes is None:
        return []
    rows = gaussians.mask_classes.detach().cpu().tolist()
    return [f'mask_classes {query} {" ".join(f"{value:.7g}" for value in row)}' for query, row in enumerate(rows)]


def read_gaussians(path: str | Path, convention: str = 'auto', classes: int = 20) -> GaussianFile:
    """Read gaussians.

    Args:
        convention: ``auto`` believes the file, or guesses where it does not say.
        classes: how many the table of a SIU3R file has, no object not counted.
    """
    if convention != 'auto':
        _known(convention)
    where, comments = str(path), _comments(path)
    mesh = read_ply(path)
    columns = dict(mesh.extra)
    parts = parts_of(columns, where)
    said = next((comment.removeprefix(MARK) for comment in comments if comment.startswith(MARK)), '')
    found = convention if convention != 'auto' else said or _guess(columns)
    if found not in CONVENTIONS:
        raise FileFormatError(f'{where}: convention {found!r} is not one of {", ".join(CONVENTIONS)}; name one')
    masks, table_left = _queries(columns, comments, classes, where)
    gaussians = Gaussians(
        torch.from_numpy(mesh.vertices),
        opacities=opacity_of(columns['opacity'], found, where),
        scene_id=Path(path).stem,
        **parts,
        **masks,
    )
    gaussians.require_finite()
    foreign = sorted(set(columns) - _KNOWN - _matching(columns, r'f_rest_\d+|query_mask_\d+|seg_query_class_logits_\d+'))
    return GaussianFile(gaussians, found, convention == 'auto' and not said, foreign + table_left)


_KNOWN = {'nx', 'ny', 'nz', 'opacity', 'semantic_label', 'instance_label'} | {
    f'{name}_{k}' for name, count in (('f_dc', 3), ('scale', 3), ('rot', 4)) for k in range(count)
}


def _known(convention: str) -> None:
    if convention not in CONVENTIONS:
        raise ConfigError(f'unknown convention of gaussian files {convention!r}; expected one of {", ".join(CONVENTIONS)}')


def _matching(columns: dict[str, np.ndarray], pattern: str) -> set[str]:
    return {name for name in columns if re.fullmatch(pattern, name)}


def _comments(path: str | Path) -> list[str]:
    data = map_file(path)
    end = max(data.find(b'end_header'), 0)
    lines = data[:end].decode('latin-1').split('\n')
    return [line.removeprefix('comment').strip() for line in lines if line.startswith('comment ')]


def _guess(columns: dict[str, np.ndarray]) -> str:
    """Logarithms of odds leave 0..1 in any real scene."""
    opacity = columns['opacity']
    inside = len(opacity) > 0 and bool(((opacity >= 0) & (opacity <= 1)).all())
    return 'siu3r' if inside else '3dgs'


def _queries(
    columns: dict[str, np.ndarray], comments: list[str], classes: int, where: str
) -> tuple[dict[str, Tensor], list[str]]:
    """Fields of masks and their classes, and what of the file could not be understood so."""
    count = len(_matching(columns, r'query_mask_\d+'))
    rows = [comment.split()[2:] for comment in comments if comment.startswith('mask_classes ')]
    if count or rows:
        if len(rows) != count or len({len(row) for row in rows}) != 1:
            raise FileFormatError(f'{where}: {count} columns of query masks but classes of {len(rows)}: the header was changed')
        masks = np.stack([columns[f'query_mask_{q}'] for q in range(count)], 1)
        table = torch.tensor([[float(value) for value in row] for row in rows])
        return {'masks': torch.from_numpy(masks).float(), 'mask_classes': table}, []
    names = sorted(_matching(columns, r'seg_query_class_logits_\d+'), key=lambda name: int(name.rsplit('_', 1)[1]))
    if not names or not len(columns['opacity']):
        return {}, []
    if len(names) % (classes + 1):
        raise FileFormatError(
            f'{where}: {len(names)} columns seg_query_class_logits_* are no multiple of {classes + 1} '
            '(classes and no object); say how many classes the file has'
        )
    table = torch.from_numpy(np.stack([columns[name] for name in names], 1)).unflatten(1, (-1, classes + 1))
    return _split(table)


def _split(table: Tensor) -> tuple[dict[str, Tensor], list[str]]:
    """Masks and classes whose products ``table`` [G, Q, C + 1] holds."""
    masks = table.sum(-1)
    classes = table.double().sum(0) / masks.double().sum(0).clamp_min(1e-12)[:, None]
    classes = classes.to(table.dtype)
    rest = max(float((table[:, q] - masks[:, q, None] * classes[q]).abs().max()) for q in range(len(classes)))
    if rest > PRODUCT:
        return {}, ['seg_query_class_logits_* (no products of masks and classes)']
    return {'masks': masks, 'mask_classes': classes}, []
