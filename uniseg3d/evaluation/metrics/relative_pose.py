"""Camera poses of sequences: absolute and relative errors, and the same for predictors that look at nothing."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from uniseg3d.evaluation.functional.stated_views import stated_poses
from uniseg3d.evaluation.functional.trajectory import (
    absolute_error,
    align_trajectory,
    direction_errors,
    relative_errors,
    rotation_errors,
)
from uniseg3d.evaluation.metrics.views import Record, ViewMetric
from uniseg3d.geometry.alignment import is_degenerate
from uniseg3d.geometry.cameras import intrinsic_matrix
from uniseg3d.geometry.focal import focal_weiszfeld
from uniseg3d.geometry.se3 import relative_pose
from uniseg3d.io.trajectory import write_trajectory
from uniseg3d.registry import METRICS
from uniseg3d.structures.pointmaps import Pointmaps
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.utils.errors import DataError
from uniseg3d.utils.files import write_text

ORIGINAL_LOG = '_error_log.txt'
MEANS = ('ate', 'rpe_translation', 'rpe_rotation')


@METRICS.register_module()
class RelativePoseMetric(ViewMetric):
    """ATE and RPE after the similarity that aligns the camera centres, and angles between neighbouring views.

    ``ate``, ``rpe_translation`` (unit of the data) and ``rpe_rotation`` (degrees) are means over sequences of three views or
    more; ``rotation``, ``direction`` are medians in degrees over neighbouring views. Beside them ``spread``: the distance of
    true centres from their mean, which is the ATE of a camera that stands still; ``turn``: the rotation error of one that never
    turns; ``ahead``: the direction error of one that always walks ahead.

    Args:
        trajectories: write ``<sequence>/pred_traj.txt`` (TUM), focal lengths and camera matrices of networks that state points
            in each camera, and the originals' logs.
    """

    def __init__(self, trajectories: bool = False, **kwargs: str | None) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.trajectories = trajectories

    def record(self, sequence: ViewBatch, answer: Pointmaps) -> Record:
        """Errors of one sequence."""
        if sequence.camera_to_world is None or sequence.views < 2:
            raise DataError(f'{sequence.views} views; expected at least two, with known poses')
        true, poses = sequence.camera_to_world[0].double(), stated_poses(answer)
        steps, true_steps = (relative_pose(chain[:-1], chain[1:]) for chain in (poses, true))
        ahead = torch.eye(4, dtype=torch.float64).repeat(len(true_steps), 1, 1)
        ahead[:, 2, 3] = 1
        moved = true_steps[:, :3, 3].norm(dim=-1) > 1e-3  # a camera that turns on the spot has no direction
        angles = {
            'rotation': rotation_errors(steps, true_steps),
            'turn': rotation_errors(ahead, true_steps),
            'direction': direction_errors(steps, true_steps)[moved],
            'ahead': direction_errors(ahead, true_steps)[moved],
        }
        found = {name: values.tolist() for name, values in angles.items()} | self._whole(poses, true)
        return found | (_cameras(answer) if self.trajectories else {})

    def _whole(self, poses: Tensor, true: Tensor) -> Record:
        """Errors of the whole trajectory, where it has three views or more that are not on one line."""
        found: Record = {'poses': poses.tolist()} if self.trajectories else {}
        centres, stated = true[:, :3, 3], poses[:, :3, 3]
        if len(true) < 3 or is_degenerate(centres, centres):
            return found
        if is_degenerate(stated, centres):  # one place, or a line: as good as a camera that stands still
            aligned = poses.clone()
            aligned[:, :3, 3] = centres.mean(0)
        else:
            aligned = align_trajectory(poses, true).apply_to_poses(poses)
        translation, rotation = relative_errors(aligned, true)
        spread = (centres - centres.mean(0)).square().sum(-1).mean().sqrt()
        errors = dict(zip(MEANS, (absolute_error(aligned, true), translation, rotation), strict=True))
        return found | errors | {'spread': spread.item()}

    def report(self, records: dict[str, Record]) -> dict[str, float]:
        """Means and medians over the sequences."""
        metrics: dict[str, float] = {}
        for name in (*MEANS, 'spread'):
            values = [record[name] for record in records.values() if name in record]
            metrics |= {name: float(np.mean(values))} if values else {}
        for name in ('rotation', 'turn', 'direction', 'ahead'):
            values = [value for record in records.values() for value in record[name]]
            metrics |= {name: float(np.median(values))} if values else {}
        if self.trajectories and self.folder is not None:
            self._write(self.folder, records)
        return metrics

    def _write(self, folder: Path, records: dict[str, Record]) -> None:
        """Trajectories as TUM files, those of the originals with the quaternion's w first, and errors in their words."""
        lines = []
        for name, record in records.items():
            poses = torch.tensor(record['poses'], dtype=torch.float64)
            times = torch.arange(len(poses), dtype=torch.float64)
            write_trajectory(folder / name / 'pred_traj.txt', times, poses)
            write_trajectory(folder / name / 'pred_traj_original.txt', times, poses, 'wxyz')
            for file, rows in record.get('cameras', {}).items():
                write_text(folder / name / file, ''.join(f'{" ".join(f"{value:.6g}" for value in row)}\n' for row in rows))
            if 'ate' in record:
                write_text(folder / name / f'{name}_eval_metric.txt', f'{_line(record)}\n')
                lines.append(f'{name} | {_line(record)}')
        whole = [record for record in records.values() if 'ate' in record]
        if whole:
            lines.append(_line({key: float(np.mean([record[key] for record in whole])) for key in MEANS}, 'Average '))
        write_text(folder / ORIGINAL_LOG, '\n'.join(lines) + '\n')


def _cameras(answer: Pointmaps) -> Record:
    """Rows of the files about the cameras that points in their own views fit."""
    if answer.local is None:
        return {}
    points = answer.local[0].double()  # [V, H, W, 3]
    try:
        focal = focal_weiszfeld(points)  # [V]
    except DataError:  # they fit none
        return {}
    middle = points.new_tensor([points.shape[2] // 2, points.shape[1] // 2]).expand(len(points), 2)
    matrices = intrinsic_matrix(focal, middle).flatten(1)
    return {'cameras': {'pred_focal.txt': focal[:, None].tolist(), 'pred_intrinsics.txt': matrices.tolist()}}


def _line(errors: Record, kind: str = '') -> str:
    names = zip(('ATE', 'RPE trans', 'RPE rot'), MEANS, strict=True)
    return ', '.join(f'{kind}{name}: {errors[key]:.5f}' for name, key in names)
