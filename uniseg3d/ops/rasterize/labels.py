"""Labels of rendered views from the masks of queries.

What a gaussian says about class c is, for every query, the product of the query's mask there and of the query's probability
of c. Mixing is linear, so the masks alone are rendered, and the classes join in the image: one channel per query in place of
one per query and class.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from uniseg3d.utils.errors import DataError


@dataclass(frozen=True, eq=False)
class ClassMaps:
    """For each pixel of V views and each of K classes, the query that says most about the class."""

    value: Tensor  # [V, K, H, W]
    query: Tensor  # [V, K, H, W] int64


def class_maps(masks: Tensor, classes: Tensor) -> ClassMaps:
    """Rendered ``masks`` [V, Q, H, W] and class probabilities [Q, K] of the queries; Q at least one."""
    if masks.ndim != 4 or classes.ndim != 2 or masks.shape[1] != len(classes) or len(classes) == 0:
        raise DataError(
            f'class maps need rendered masks [V, Q, H, W] and classes [Q, K] of the same queries, at least one; '
            f'got {list(masks.shape)} and {list(classes.shape)}'
        )
    best = [(masks * column[:, None, None]).max(1) for column in classes.unbind(1)]
    return ClassMaps(torch.stack([most.values for most in best], 1), torch.stack([most.indices for most in best], 1))
