"""Camera trajectories as text: TUM lines ``time x y z qx qy qz qw``, and lines of 12 or 16 numbers of a matrix."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from uniseg3d.geometry.pose_encoding import decode_pose, encode_pose
from uniseg3d.geometry.quaternion import real_first, real_last
from uniseg3d.geometry.se3 import check_poses, pose_matrix
from uniseg3d.utils.errors import DataError, FileFormatError
from uniseg3d.utils.files import write_text

TUM_NUMBERS = 8


class Trajectory(NamedTuple):
    times: Tensor  # [V] float64 seconds; line numbers where the file has none
    poses: Tensor  # [V, 4, 4] float64, camera-to-world, OpenCV axes


def read_trajectory(path: str | Path, quaternion_order: str = 'xyzw') -> Trajectory:
    """Read TUM lines (``quaternion_order`` 'wxyz' for files of CUT3R and Point3R) or matrices, row by row.

    Blank lines and lines that start with # are left out; numbers are separated by blanks or commas.
    """
    table = _read_table(Path(path))  # [V, 8, 12 or 16]
    if table.shape[1] != TUM_NUMBERS:
        rows = table.reshape(len(table), -1, 4)
        poses = pose_matrix(rows[:, :3, :3], rows[:, :3, 3])
        return Trajectory(torch.arange(float(len(table)), dtype=torch.float64), check_poses(poses, str(path)))
    quaternion = table[:, 4:] if _is_real_first(quaternion_order) else real_first(table[:, 4:])
    if not (quaternion.norm(dim=-1) > 0.5).all():
        raise FileFormatError(f'{path}: a rotation is not a unit quaternion; expected lines "time x y z qx qy qz qw"')
    return Trajectory(table[:, 0], check_poses(decode_pose(torch.cat([table[:, 1:4], quaternion], -1)), str(path)))


def write_trajectory(path: str | Path, times: Tensor, poses: Tensor, quaternion_order: str = 'xyzw') -> None:
    """Write TUM lines of times [V] in seconds and camera-to-world poses [V, 4, 4]."""
    if len(times) != len(poses):
        raise DataError(f'{len(times)} time stamps and {len(poses)} poses make no trajectory')
    encoding = encode_pose(check_poses(poses.double(), 'trajectory'))
    quaternion = encoding[:, 3:] if _is_real_first(quaternion_order) else real_last(encoding[:, 3:])
    rows = torch.cat([encoding[:, :3], quaternion], -1).tolist()
    lines = (f'{time:.6f} ' + ' '.join(f'{value:.9g}' for value in row) for time, row in zip(times.tolist(), rows, strict=True))
    write_text(path, ''.join(f'{line}\n' for line in lines))


def _is_real_first(order: str) -> bool:
    if order not in ('xyzw', 'wxyz'):
        raise DataError(f'unknown order of quaternions "{order}"; expected "xyzw" (TUM) or "wxyz"')
    return order == 'wxyz'


def _read_table(path: Path) -> Tensor:
    """Rows of equally many numbers, [V, 8, 12 or 16] float64."""
    try:
        lines = path.read_text(encoding='utf-8').splitlines()
    except OSError as error:
        raise DataError(f'cannot read {path}: {error.strerror}') from error
    except UnicodeDecodeError as error:
        raise FileFormatError(f'{path} is no text: {error}') from None
    rows = []
    for number, line in enumerate(lines, 1):
        words = line.replace(',', ' ').split()
        if not words or words[0].startswith('#'):
            continue
        try:
            rows.append([float(word) for word in words])
        except ValueError:
            raise FileFormatError(f'{path}, line {number}: expected numbers, got {line[:60]!r}') from None
        if len(rows[-1]) not in (TUM_NUMBERS, 12, 16) or len(rows[-1]) != len(rows[0]):
            raise FileFormatError(
                f'{path}, line {number}: {len(rows[-1])} numbers; expected 8 (time, position, quaternion), or 12 or 16 of a '
                'matrix, in all lines the same'
            )
    if not rows:
        raise FileFormatError(f'{path} holds no pose')
    return torch.from_numpy(np.array(rows))
