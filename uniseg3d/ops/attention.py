"""Scaled dot-product attention with one convention for masks: true means blocked."""

import torch
import torch.nn.functional as F
from torch import Tensor

from uniseg3d.ops.autocast import autocasts
from uniseg3d.utils.errors import DataError

CPU_ROWS = 256


def attention(
    query: Tensor,  # [..., Q, D]
    key: Tensor,  # [..., K, D]
    value: Tensor,  # [..., K, E]
    blocked: Tensor | None = None,  # [..., Q or 1, K] bool
    scale: float | None = None,
    every_row_sees: bool = False,
) -> Tensor:  # [..., Q, E]
    """Weighted mean of the values. A query that is blocked everywhere gets zeros. ``scale`` defaults to 1 / sqrt(D).

    ``every_row_sees`` is the caller's word that no query is blocked everywhere, which saves looking for such rows.
    """
    _check(query, key, value, blocked)
    if blocked is None:
        return F.scaled_dot_product_attention(query, key, value, scale=scale)
    if every_row_sees:
        return _masked(query, key, value, ~blocked, scale)
    nowhere = blocked.all(-1, keepdim=True)  # [..., Q, 1]
    # such rows look everywhere first: a softmax over nothing would be NaN, also in the backward pass
    return _masked(query, key, value, ~blocked | nowhere, scale).masked_fill(nowhere, 0.0)


def _check(query: Tensor, key: Tensor, value: Tensor, blocked: Tensor | None) -> None:
    shapes = f'query {list(query.shape)}, key {list(key.shape)}, value {list(value.shape)}'
    if query.shape[-1] != key.shape[-1] or key.shape[-2] != value.shape[-2]:
        raise DataError(f'attention of {shapes}; expected [..., Q, D], [..., K, D] and [..., K, E]')
    same_type = query.dtype == key.dtype == value.dtype or autocasts(query)
    if not same_type or not query.device == key.device == value.device:
        kinds = ', '.join(f'{t.dtype} on {t.device}' for t in (query, key, value))
        raise DataError(f'query, key and value are {kinds}; expected one type on one device')
    if blocked is not None and (blocked.dtype != torch.bool or not _covers(blocked, query, key)):
        raise DataError(
            f'the mask is {blocked.dtype} {list(blocked.shape)}; expected torch.bool [..., Q, K], true where blocked'
        )


def _covers(blocked: Tensor, query: Tensor, key: Tensor) -> bool:
    return blocked.dim() > 1 and blocked.shape[-2] in (1, query.shape[-2]) and blocked.shape[-1] == key.shape[-2]


def _masked(query: Tensor, key: Tensor, value: Tensor, allowed: Tensor, scale: float | None) -> Tensor:
    """On a CPU a few rows at a time: torch rewrites the mask as numbers, which for all rows at once would be too many to
    stay in the cache."""
    rows = CPU_ROWS if query.device.type == 'cpu' else max(query.shape[-2], 1)
    allowed = allowed.expand(*allowed.shape[:-2], query.shape[-2], -1)
    parts = zip(query.split(rows, -2), allowed.split(rows, -2), strict=True)
    return torch.cat([F.scaled_dot_product_attention(q, key, value, attn_mask=a, scale=scale) for q, a in parts], -2)


def prefer_near(query: Tensor, key: Tensor, position: Tensor, rate: Tensor, scale: float) -> tuple[Tensor, Tensor]:
    """Extend queries and keys [H, M, D] to [H, M, D + 4] so that their logits lose ``rate * squared distance``.

    ``position`` [M, 3] metres, ``rate`` [H] in 1 / m², ``scale`` the factor that ``attention`` will apply. The part of the
    squared distance that is the same for all keys drops out of the softmax and is left out, so no [M, M] matrix is made.
    """
    heads = len(rate)
    where = position.to(query).expand(heads, -1, -1)  # [H, M, 3]
    weight = (rate / scale).to(query).reshape(heads, 1, 1).expand(-1, query.shape[1], 1)  # [H, M, 1]
    square = where.square().sum(-1, keepdim=True)  # [H, M, 1]
    return torch.cat([query, 2 * weight * where, -weight], -1), torch.cat([key, where, square], -1)
