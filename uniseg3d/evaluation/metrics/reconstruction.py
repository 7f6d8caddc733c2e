"""Points of sequences against measured surfaces: accuracy, completion and consistency of normals."""

import numpy as np
from torch import Tensor

from uniseg3d.evaluation.functional.reconstruction import (
    ReconstructionErrors,
    align_by_medians,
    central_window,
    reconstruction_errors,
)
from uniseg3d.evaluation.metrics.views import Record, ViewMetric
from uniseg3d.geometry.alignment import register_points
from uniseg3d.geometry.depth import depth_to_pointmap, valid_depth
from uniseg3d.geometry.icp import register_clouds
from uniseg3d.geometry.normals import cloud_normals
from uniseg3d.geometry.se3 import apply_pose
from uniseg3d.registry import METRICS
from uniseg3d.structures.pointmaps import Pointmaps
from uniseg3d.structures.view_batch import ViewBatch
from uniseg3d.utils.errors import DataError
from uniseg3d.utils.files import write_text

_REACH = 0.1  # metres between partners of the final registration
_SUMMARY = 'logs_all.txt'


@METRICS.register_module()
class ReconstructionMetric(ViewMetric):
    """Means over sequences of ``acc``, ``comp`` (metres) and ``nc`` (0..1), and of their medians ``acc_med`` and so on.

    The prediction is brought to the truth by the similarity of least squares over all measured pixels. The published numbers
    align the medians of depth and size, look at the middle 224 x 224 pixels only, and then run ICP: with ``original`` they
    come too, as ``acc_original`` and so on.

    Args:
        original: also measure as the published numbers were.
        reach: of ICP, in metres.
        most_points: of each cloud; more are thinned out evenly.
    """

    def __init__(self, original: bool = True, reach: float = _REACH, most_points: int = 200_000, **kwargs: str | None) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.original, self.reach, self.most_points = original, reach, most_points

    def record(self, sequence: ViewBatch, answer: Pointmaps) -> Record:
        """Errors of one sequence, under both protocols."""
        if sequence.depth is None or sequence.intrinsics is None or sequence.camera_to_world is None:
            raise DataError('depth, intrinsics and poses must be known')
        first = sequence.camera_to_world[0, 0]
        truth = depth_to_pointmap(sequence.depth[0], sequence.intrinsics[0], sequence.camera_to_world[0])
        valid = valid_depth(sequence.depth[0])  # [V, H, W]
        if not valid.any():
            raise DataError('no pixel has a measured depth')
        stated = apply_pose(first, answer.world[0])
        fit = register_points(stated[valid].double(), truth[valid].double())
        errors = {'': self._errors(fit.apply(stated[valid].double()), truth[valid])}
        if self.original:
            errors['_original'] = self._original(answer.world[0], truth, valid, first)
        return {f'{key}{suffix}': value for suffix, part in errors.items() for key, value in _named(part).items()}

    def _original(self, stated: Tensor, truth: Tensor, valid: Tensor, first: Tensor) -> ReconstructionErrors:
        aligned = align_by_medians(stated, truth, valid, first)
        inside = central_window(valid)
        points, target = (central_window(maps)[inside] for maps in (aligned.prediction, aligned.truth))
        fit = register_clouds(points.double(), target.double(), self.reach)
        return self._errors(apply_pose(fit.pose, points.double()), target)

    def _errors(self, points: Tensor, target: Tensor) -> ReconstructionErrors:
        points, target = (self._thinned(cloud.double()) for cloud in (points, target))
        return reconstruction_errors(points, target, cloud_normals(points), cloud_normals(target))

    def _thinned(self, points: Tensor) -> Tensor:
        return points[:: -(-len(points) // self.most_points)]

    def report(self, records: dict[str, Record]) -> dict[str, float]:
        """Means over the sequences."""
        keys = next(iter(records.values()))
        means = {key: float(np.mean([record[key] for record in records.values()])) for key in keys}
        if self.folder is not None:
            lines = [_line(name, record) for name, record in {**records, 'mean': means}.items()]
            write_text(self.folder / _SUMMARY, '\n'.join(lines) + '\n')
        return means


def _named(errors: ReconstructionErrors) -> dict[str, float]:
    return dict(zip(('acc', 'acc_med', 'comp', 'comp_med', 'nc', 'nc_med'), errors, strict=True))


def _line(name: str, record: Record) -> str:
    return f'{name} ' + ' '.join(f'{key}: {value:.3f}' for key, value in record.items())
