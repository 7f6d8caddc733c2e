"""How well predicted points cover a measured surface, and the surface them."""

from typing import NamedTuple

import numpy as np
from torch import Tensor

from uniseg3d.geometry.neighbors import PointTree
from uniseg3d.geometry.se3 import apply_pose, invert_pose
from uniseg3d.utils.errors import DataError

SMALLEST_SIZE, LARGEST_SIZE = 1e-3, 1e3  # of a predicted cloud, when scales are compared
WINDOW = 224  # pixels; the originals look at the middle of every view only


class CloudErrors(NamedTuple):
    """Distances from one cloud to the nearest points of another, and |cosine| between the normals there."""

    mean: float
    median: float
    normals: float
    normals_median: float


class ReconstructionErrors(NamedTuple):
    """In metres; normal consistency 0..1, averaged over both directions."""

    accuracy: float  # from prediction to truth
    accuracy_median: float
    completion: float  # from truth to prediction
    completion_median: float
    normals: float
    normals_median: float


class MedianAlignment(NamedTuple):
    """Two clouds after their depths and sizes were made to agree, and the numbers behind it."""

    prediction: Tensor  # [V, H, W, 3]
    truth: Tensor  # [V, H, W, 3]
    predicted_depth: Tensor  # [] median z in the first camera
    true_depth: Tensor  # []
    predicted_size: Tensor  # [] median distance from the median point
    true_size: Tensor  # []


def reconstruction_errors(prediction: Tensor, truth: Tensor, normals: Tensor, true_normals: Tensor) -> ReconstructionErrors:
    """Errors of predicted points [N, 3] with normals [N, 3] against true ones [M, 3] with [M, 3], as they lie."""
    forth = cloud_errors(prediction, truth, normals, true_normals)
    back = cloud_errors(truth, prediction, true_normals, normals)
    consistency = ((a + b) / 2 for a, b in zip(forth[2:], back[2:], strict=True))
    return ReconstructionErrors(*forth[:2], *back[:2], *consistency)


def cloud_errors(points: Tensor, target: Tensor, normals: Tensor, target_normals: Tensor) -> CloudErrors:
    """From every point [N, 3] to the nearest of ``target`` [M, 3]; normals have unit length and either sign."""
    distance, nearest = PointTree(target, 'target cloud').nearest(points, 'cloud')
    cosine = (normals.double() * target_normals.double()[nearest]).sum(-1).abs()
    means = ((values.mean().item(), float(np.median(values.cpu()))) for values in (distance, cosine))
    return CloudErrors(*(value for pair in means for value in pair))


def completion_ratio(prediction: Tensor, truth: Tensor, distance: float = 0.05) -> float:
    """Share of the true points [M, 3] that have a predicted one [N, 3] nearer than ``distance``."""
    return (PointTree(prediction, 'predicted cloud').nearest(truth, 'true cloud')[0] < distance).double().mean().item()


def align_by_medians(prediction: Tensor, truth: Tensor, valid: Tensor, first_pose: Tensor) -> MedianAlignment:
    """Alignment of the published numbers: in the first camera, depths by their median, sizes by a median distance.

    ``prediction`` [V, H, W, 3] lies in the first camera, ``truth`` [V, H, W, 3] in the world of ``first_pose`` [4, 4], and
    so do both results. ``valid`` [V, H, W] says which points count.
    """
    true = apply_pose(invert_pose(first_pose), truth)
    found, true_depth = prediction.clone(), true[valid][:, 2].nanmedian()
    predicted_depth = found[valid][:, 2].nanmedian()
    found[..., 2] -= predicted_depth
    true[..., 2] -= true_depth
    predicted_size, true_size = _size(found[valid]), _size(true[valid])
    found = found * (true_size / predicted_size.clamp(SMALLEST_SIZE, LARGEST_SIZE))
    for points in (found, true):
        points[..., 2] += true_depth
    found, true = apply_pose(first_pose, found), apply_pose(first_pose, true)
    return MedianAlignment(found, true, predicted_depth, true_depth, predicted_size, true_size)


def central_window(maps: Tensor, size: int = WINDOW) -> Tensor:
    """The middle ``size`` x ``size`` pixels of maps [V, H, W, ...]; all of a smaller side."""
    for dim in (1, 2):
        side = min(size, maps.shape[dim])
        maps = maps.narrow(dim, (maps.shape[dim] - side) // 2, side)
    return maps


def _size(points: Tensor) -> Tensor:
    if not len(points):
        raise DataError('cannot align a reconstruction without any valid point')
    centre = points.nanmedian(0).values
    return (points - centre).norm(dim=-1).nanmedian()
