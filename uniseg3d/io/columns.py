"""Tables of numbers as clouds: what each column is, told by its name or by its values."""

import re
from collections.abc import Callable, Collection, Sequence

import numpy as np

from uniseg3d.io.raw_cloud import RawCloud, stored_colors
from uniseg3d.utils.errors import FileFormatError

LOOKED_AT = 10_000  # rows that decide what a column is
NAMES = {
    'xyz': ('x y z', 'px py pz'),
    'colors': ('r g b', 'red green blue', 'rf gf bf'),
    'normals': ('nx ny nz', 'normal_x normal_y normal_z'),
}
Places = dict[str, int | None]  # first of the three columns of each part


def table_cloud(table: np.ndarray, where: str, names: Sequence[str] = ()) -> RawCloud:
    """Columns [N, K >= 3] as a cloud; their ``names`` decide, where they are known.

    Otherwise the first three are positions, the next three of length one are normals, and the next three that are whole
    numbers in 0..255, or lie in 0..1, are colours; what is left, such as intensity or labels, is not read.
    """
    if table.ndim != 2 or table.shape[1] < 3 or table.dtype.kind not in 'fiu':
        raise FileFormatError(
            f'{where} holds {table.dtype} {list(table.shape)}; expected numbers [N, 3] or [N, 6]: x y z r g b'
        )
    if len(table) == 0:
        raise FileFormatError(f'{where} holds no points')
    places = _named(names) or _guessed(table)
    xyz, colors, normals = (_three(table, places.get(part)) for part in NAMES)
    assert xyz is not None
    return RawCloud(
        xyz.astype(np.float32 if table.dtype == np.float32 else np.float64),
        None if colors is None else stored_colors(colors, where),
        None if normals is None else normals.astype(np.float32),
    )


def column_names(line: str) -> list[str]:
    """Names in a header line such as ``//X Y Z R G B``; empty if it does not name the positions."""
    names = re.findall(r'[a-z_]\w*', line.lower())
    return names if _named(names) else []


def _three(table: np.ndarray, start: int | None) -> np.ndarray | None:
    return None if start is None or start + 3 > table.shape[1] else table[:, start : start + 3]


def _named(names: Sequence[str]) -> Places:
    """Empty if the names do not say where the positions are."""
    words = list(names)
    places: Places = {}
    for part, spellings in NAMES.items():
        starts = [i for i in range(len(words) - 2) if ' '.join(words[i : i + 3]) in spellings]
        places[part] = starts[0] if starts else None
    return places if places['xyz'] is not None else {}


def _guessed(table: np.ndarray) -> Places:
    rows = table[:: max(1, len(table) // LOOKED_AT)].astype(np.float64)
    normals = _first(rows, _are_normals)
    taken = () if normals is None else (normals, normals + 1, normals + 2)
    return {'xyz': 0, 'normals': normals, 'colors': _first(rows, _are_colors, taken)}


def _first(rows: np.ndarray, fits: Callable[[np.ndarray], bool], taken: Collection[int] = ()) -> int | None:
    """First three neighbouring columns after the positions that ``fits`` accepts and that are not ``taken``."""
    free = (i for i in range(3, rows.shape[1] - 2) if not {i, i + 1, i + 2} & set(taken))
    return next((i for i in free if fits(rows[:, i : i + 3])), None)


def _are_normals(values: np.ndarray) -> bool:
    with np.errstate(invalid='ignore'):
        unit = np.abs(np.linalg.norm(values, axis=1) - 1) < 0.02
    return bool(unit.mean() > 0.9 and (values < 0).any())


def _are_colors(values: np.ndarray) -> bool:
    if not np.isfinite(values).all() or values.min() < 0 or values.max() > 255:
        return False
    return bool(values.max() <= 1 or (values % 1 == 0).all())
