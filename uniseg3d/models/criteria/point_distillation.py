"""What a 3D network learns from lifted features: their superpoint means, then the classes of its own running average."""

import torch
import torch.nn.functional as F
from torch import Tensor

from uniseg3d.ops.scatter import segment_mean

EPS = 1e-8


def cosine_distance(first: Tensor, second: Tensor) -> Tensor:
    """One minus the cosine of rows [V, C], [V]; in float32."""
    return 1 - F.cosine_similarity(first.float(), second.float(), dim=1, eps=EPS)


def feature_terms(features: Tensor, targets: Tensor, superpoint: Tensor) -> dict[str, Tensor]:
    """First stage: V voxels that a camera saw, towards the mean target of their superpoints.

    ``features`` and ``targets`` [V, C], ``superpoint`` [V] int64 of any numbers. The terms are ``point``, a mean over voxels,
    and ``superpoint``, a mean over superpoints; zero without voxels.
    """
    if not len(features):
        return {'point': features.sum(), 'superpoint': features.sum()}
    ids, count = compact(superpoint)
    wanted = segment_mean(targets.float(), ids, count)  # [S, C]
    means = segment_mean(features.float(), ids, count)
    return {
        'point': cosine_distance(features, wanted[ids]).mean(),
        'superpoint': cosine_distance(means, wanted).mean(),
    }


def class_terms(features: Tensor, labels: Tensor, superpoint: Tensor, texts: Tensor) -> dict[str, Tensor]:
    """Second stage: products of ``features`` [V, C] with ``texts`` [K, C] towards ``labels`` [V], one for each superpoint."""
    if not len(features):
        return {'point': features.sum(), 'superpoint': features.sum()}
    ids, count = compact(superpoint)
    of_superpoint = labels.new_zeros(count).scatter_(0, ids, labels)
    means = segment_mean(features.float(), ids, count)
    texts = texts.float()
    return {
        'point': F.cross_entropy(features.float() @ texts.T, labels),
        'superpoint': F.cross_entropy(means @ texts.T, of_superpoint),
    }


def superpoint_labels(history: Tensor, superpoint: Tensor, texts: Tensor) -> Tensor:
    """Class [V] of each voxel: the text nearest to the mean ``history`` [V, C] of its superpoint."""
    if not len(history):
        return superpoint
    ids, count = compact(superpoint)
    means = segment_mean(history.float(), ids, count)
    return (means @ texts.float().T).argmax(1)[ids]


def blend_history(history: Tensor, features: Tensor, momentum: float) -> Tensor:
    """Running average of ``history`` and ``features`` [N, C], in the type of ``history``; without gradient."""
    features = features.detach().float()
    return (momentum * history.float() + (1 - momentum) * features).to(history.dtype)


def compact(ids: Tensor) -> tuple[Tensor, int]:
    """Ids [V] as 0..S-1 in ascending order, and S."""
    values, compacted = torch.unique(ids, return_inverse=True)
    return compacted, len(values)


def point_terms(features: Tensor, targets: Tensor, kind: str) -> Tensor:
    """The plain loss of OpenScene, 'cosine' or 'l1', of features and targets [V, C]."""
    if kind == 'l1':
        return F.l1_loss(features.float(), targets.float())
    return cosine_distance(features, targets).mean()


def thinned(count: int, limit: int | None, generator: torch.Generator | None = None) -> Tensor | None:
    """At most ``limit`` of ``count`` rows at random; None = all."""
    if limit is None or count <= limit:
        return None
    return torch.randperm(count, generator=generator)[:limit]
