"""What a raw cloud and its options must be before anything is computed from them."""

import numpy as np

from uniseg3d.utils.errors import ConfigError, DataError


def checked_cloud(xyz: np.ndarray, colors: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
    """Finite points [N, 3] and colours [N, 3] or None, as float64."""
    xyz = _numbers(xyz, 'points')
    if xyz.ndim != 2 or xyz.shape[1] != 3 or not len(xyz):
        raise DataError(f'a cloud must be [N, 3] with at least one point, got shape {xyz.shape}')
    if colors is None:
        return xyz, None
    colors = _numbers(colors, 'colours')
    if colors.shape != xyz.shape:
        raise DataError(f'colours must be [{len(xyz)}, 3] like the points, got shape {colors.shape}')
    return xyz, colors


def check_amount(name: str, value: object, positive: bool = False) -> None:
    """A finite number, not negative, or ``positive``."""
    number = value if isinstance(value, (int, float)) else -1
    if not (number > 0 if positive else number >= 0) or number == float('inf'):
        raise ConfigError(f'{name} must be finite and {"above 0" if positive else "not negative"}, got {value}')


def _numbers(values: np.ndarray, name: str) -> np.ndarray:
    values = np.asarray(values)
    if values.dtype.kind not in 'iuf':
        raise DataError(f'{name} are {values.dtype}; expected numbers')
    bad = ~np.isfinite(values).all(-1)
    if bad.any():
        raise DataError(f'{bad.sum()} of {len(values)} {name} are not finite; remove them')
    return values.astype(np.float64, copy=False)
