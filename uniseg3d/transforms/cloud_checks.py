"""What a raw cloud must be before anything is computed from it: the repairs, and the errors where there is none."""

from dataclasses import dataclass, field

import numpy as np

from uniseg3d.utils.errors import ConfigError, DataError

FAR = 100.0  # metres; float32 resolves 0.008 mm here, and 60 mm at a million metres


@dataclass
class Cloud:
    """A cloud that can be used, and what was done to make it so."""

    xyz: np.ndarray  # [N, 3] float32 metres, relative to ``origin``
    color: np.ndarray  # [N, 3] float32, 0..255
    rows: np.ndarray | None  # [N] int64, rows of the input that were kept; None = all
    origin: np.ndarray  # [3] float64 metres
    repairs: dict[str, str] = field(default_factory=dict)  # kind of repair: one sentence


def clean_cloud(points: np.ndarray, non_finite: str = 'drop', unit: float = 1.0, max_extent: float = 100.0) -> Cloud:
    """Check and repair ``points`` [N, 6] (x y z r g b, any numeric type).

    ``unit``: metres per unit of the coordinates. ``non_finite``: 'drop' the rows with NaN or Inf, or 'error'.
    ``max_extent``: metres; a cloud that spans more is refused, because its unit is most likely wrong.
    """
    if points.ndim != 2 or points.shape[1] != 6:
        raise DataError(f'a cloud has six columns (x y z r g b), got shape {tuple(points.shape)}')
    if len(points) == 0:
        raise DataError('the cloud has no points; expected at least one')
    repairs: dict[str, str] = {}
    points, rows = finite_rows(points, non_finite, repairs)
    color = color_to_255(points[:, 3:], repairs)
    xyz, origin = centre(points[:, :3].astype(np.float64) * unit)
    check_extent(xyz, max_extent)
    if origin.any():
        repairs['far'] = _far_sentence(origin, points.dtype, unit)
    return Cloud(xyz, color, rows, origin, repairs)


def finite_rows(points: np.ndarray, policy: str, repairs: dict[str, str]) -> tuple[np.ndarray, np.ndarray | None]:
    """Rows without NaN and Inf, and their indices where some were dropped."""
    if policy not in ('drop', 'error'):
        raise ConfigError(f"non_finite must be 'drop' or 'error', got {policy!r}")
    finite = np.isfinite(points).all(1)
    bad = len(points) - int(finite.sum())
    if bad == 0:
        return points, None
    found = f'{bad} of {len(points)} points have NaN or Inf values'
    if policy == 'error':
        raise DataError(f"{found}; clean the file, or set LoadScene(non_finite='drop')")
    if bad == len(points):
        raise DataError(f'{found}; no point is left')
    repairs['non_finite'] = f'{found}; they were dropped'
    return points[finite], np.flatnonzero(finite)


def color_to_255(color: np.ndarray, repairs: dict[str, str]) -> np.ndarray:
    """Colours as float32 in 0..255; those in 0..1 are scaled up, anything else outside the range is an error."""
    low, high = float(color.min()), float(color.max())
    if low < 0 or high > 255:
        cause = (
            '16-bit colours: divide by 257' if 255 < high <= 65535 and low >= 0 else 'an overflow, or columns in another order'
        )
        raise DataError(f'colours run from {low:g} to {high:g}; expected 0..255 (this looks like {cause})')
    color = color.astype(np.float32)
    if 0 < high <= 1:
        repairs['color'] = 'colours lie in 0..1 instead of 0..255; they were multiplied by 255'
        color *= 255
    return color


def centre(xyz: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Float32 positions and the origin [3] they are relative to: zero, or the middle of a cloud that lies far away.

    ``xyz`` [N, 3] float64 metres.
    """
    if np.abs(xyz).max() <= FAR:
        return xyz.astype(np.float32), np.zeros(3)
    origin = (xyz.min(0) + xyz.max(0)) / 2
    return (xyz - origin).astype(np.float32), origin


def _far_sentence(origin: np.ndarray, stored: np.dtype, unit: float) -> str:
    distance = float(np.abs(origin).max())
    sentence = f'coordinates lie {distance:.3g} m from the origin; the cloud was centred'
    if stored == np.float32:
        rounding = np.spacing(np.float32(distance / unit)) * unit
        sentence += f', but float32 had already rounded them to {rounding:.2g} m: store centred ones'
    return sentence


def check_extent(xyz: np.ndarray, max_extent: float, voxel_size: float = 0.02) -> None:
    """Refuse clouds that span more than ``max_extent`` metres, with the number of voxels they would mean."""
    extent = xyz.max(0).astype(np.float64) - xyz.min(0)
    if extent.max() <= max_extent:
        return
    size = ' x '.join(f'{side:.4g}' for side in extent)
    cells = np.prod(np.floor(extent / voxel_size) + 1)
    looks = 'millimetres' if extent.max() > 1000 else 'centimetres'
    factor = 0.001 if extent.max() > 1000 else 0.01
    raise DataError(
        f'the cloud spans {size} m, a grid of {cells:.2g} voxels of {voxel_size:g} m; the limit is {max_extent:g} m. '
        f'If these are {looks}, set LoadScene(unit={factor}); remove stray points, or raise LoadScene(max_extent=...)'
    )
