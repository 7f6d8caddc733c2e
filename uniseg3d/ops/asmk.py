"""Aggregated selective match kernel: how similar images are by the local features that they share."""

import torch
from torch import Tensor

_CHUNK = 1024  # features compared with all centroids at once
_PAIRS = 1 << 16  # pairs of visual words compared at once
_WORD = 32  # bits that descriptors are packed in


def nearest_words(features: Tensor, centroids: Tensor, count: int = 1) -> Tensor:
    """The ``count`` nearest of ``centroids`` [K, D] to each of ``features`` [N, D]: [N, count], nearest first."""
    count = min(count, len(centroids))
    if not len(features):
        return torch.zeros(0, count, dtype=torch.long, device=features.device)
    length = centroids.square().sum(1) / 2
    parts = [(part @ centroids.T - length).topk(count, 1).indices for part in features.split(_CHUNK)]
    return torch.cat(parts)


def asmk_scores(
    features: Tensor,  # [N, D] local features of all images
    image: Tensor,  # [N] int64, which image each belongs to
    images: int,
    centroids: Tensor,  # [K, D]
    query_words: int = 5,  # that a feature of the asking image counts in; of the answering image it is one
    alpha: float = 3.0,
) -> Tensor:  # [images, images] float64, row = the asking image
    """Features of an image near one centroid are one visual word: the signs of the sum of what sets them off from it.

    Two images agree in a word by how many signs they share; agreement beyond chance counts to the power of ``alpha``.
    """
    asking = _words(features, image, centroids, query_words)
    answering = _words(features, image, centroids, 1)
    left, right = _shared_words(asking[1], answering[1])
    scores = torch.zeros(images * images, dtype=torch.float64, device=features.device)
    for one, other in zip(left.split(_PAIRS), right.split(_PAIRS), strict=True):
        agreement = _agreement(asking[2][one], answering[2][other]).clamp(min=0) ** alpha
        scores.index_add_(0, asking[0][one] * images + answering[0][other], agreement)
    counts = [owner.bincount(minlength=images).clamp(min=1).double().sqrt() for owner, _, _ in (asking, answering)]
    return scores.view(images, images) / counts[0][:, None] / counts[1]


def _words(features: Tensor, image: Tensor, centroids: Tensor, count: int) -> tuple[Tensor, Tensor, Tensor]:
    """Visual words that occur: image [W], centroid [W], and signs [W, D] of +1 and -1."""
    word = nearest_words(features, centroids, count)  # [N, count]
    key, place = (image[:, None] * len(centroids) + word).flatten().unique(return_inverse=True)
    offset = features[:, None] - centroids[word]  # [N, count, D]
    total = features.new_zeros(len(key), features.shape[1]).index_add_(0, place, offset.flatten(0, 1))
    return key // len(centroids), key % len(centroids), torch.where(total > 0, 1.0, -1.0)


def _shared_words(asking: Tensor, answering: Tensor) -> tuple[Tensor, Tensor]:
    """All pairs of rows of two lists that are equal."""
    sorted_words, order = answering.sort()
    first, last = (torch.searchsorted(sorted_words, asking, right=right) for right in (False, True))
    count = last - first
    left = torch.arange(len(asking), device=asking.device).repeat_interleave(count)
    start = count.cumsum(0) - count
    return left, order[torch.arange(len(left), device=asking.device) - start[left] + first[left]]


def _agreement(one: Tensor, other: Tensor) -> Tensor:
    """1 - 2 x share of the bits that differ, of rows of signs [P, D]; bits that fill the last machine word are equal."""
    width = one.shape[1]
    packed = -(-width // _WORD) * _WORD
    differing = (width - (one * other).sum(1).double()) / 2
    return 1 - 2 * differing / packed
