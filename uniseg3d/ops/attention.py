"""Scaled dot-product attention with one convention for masks: true means blocked."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from uniseg3d.ops import attention_kernel
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
    if attention_kernel.takes(query, key, value, blocked):
        return attention_kernel.attend(query, key, value, blocked, scale)
    if blocked is None:
        return F.scaled_dot_product_attention(query, key, value, scale=scale)
    if every_row_sees:
        return _masked(query, key, value, blocked, scale)
    nowhere = blocked.all(-1, keepdim=True)  # [..., Q, 1]
    # such rows look everywhere first: a softmax over nothing would be NaN, also in the backward pass
    return _masked(query, key, value, blocked & ~nowhere, scale).masked_fill(nowhere, 0.0)


def _check(query: Tensor, key: Tensor, value: Tensor, blocked: Tensor | None) -> None:
    if not all(isinstance(t, Tensor) for t in (query, key, value)):
        kinds = ', '.join(type(t).__name__ for t in (query, key, value))
        raise DataError(f'query, key and value are {kinds}; expected torch tensors')
    shapes = f'query {list(query.shape)}, key {list(key.shape)}, value {list(value.shape)}'
    if not _fit(query, key, value):
        raise DataError(f'attention of {shapes}; expected [..., Q, D], [..., K, D] and [..., K, E]')
    same_type = query.dtype == key.dtype == value.dtype or autocasts(query)
    same_type = same_type and query.is_floating_point()
    if not same_type or not query.device == key.device == value.device:
        kinds = ', '.join(f'{t.dtype} on {t.device}' for t in (query, key, value))
        raise DataError(f'query, key and value are {kinds}; expected one floating-point type on one device')
    if blocked is not None:
        _check_mask(blocked, query, key)


def _check_mask(blocked: Tensor, query: Tensor, key: Tensor) -> None:
    if not isinstance(blocked, Tensor) or blocked.dtype != torch.bool or not _covers(blocked, query, key):
        kind = f'{blocked.dtype} {list(blocked.shape)}' if isinstance(blocked, Tensor) else f'a {type(blocked).__name__}'
        raise DataError(
            f'the mask is {kind}; expected torch.bool [..., Q, K], true where blocked, for queries {list(query.shape)}'
        )
    if blocked.device != query.device:
        raise DataError(f'the mask is on {blocked.device} and the queries are on {query.device}; move them to one device')


def _fit(query: Tensor, key: Tensor, value: Tensor) -> bool:
    if min(query.dim(), key.dim(), value.dim()) < 2:
        return False
    inner = query.shape[-1] == key.shape[-1] and key.shape[-2] == value.shape[-2]
    return inner and _broadcast(query.shape[:-2], key.shape[:-2], value.shape[:-2]) is not None


def _broadcast(*shapes: torch.Size) -> torch.Size | None:
    if len(set(shapes)) == 1:
        return shapes[0]
    try:
        return torch.broadcast_shapes(*shapes)
    except RuntimeError:
        return None


def _covers(blocked: Tensor, query: Tensor, key: Tensor) -> bool:
    if blocked.dim() < 2 or blocked.shape[-2] not in (1, query.shape[-2]) or blocked.shape[-1] != key.shape[-2]:
        return False
    lead = torch.broadcast_shapes(query.shape[:-2], key.shape[:-2])
    return _broadcast(blocked.shape[:-2], lead) == lead


def _masked(query: Tensor, key: Tensor, value: Tensor, blocked: Tensor, scale: float | None) -> Tensor:
    """No row of ``blocked`` is true everywhere."""
    blocked = blocked.expand(*blocked.shape[:-2], query.shape[-2], -1)
    if query.device.type != 'cpu':
        return F.scaled_dot_product_attention(query, key, value, attn_mask=~blocked, scale=scale)
    learns = torch.is_grad_enabled() and any(each.requires_grad for each in (query, key, value))
    parts = zip(query.split(CPU_ROWS, -2), _as_numbers(blocked, query.dtype, keep=learns), strict=True)
    return torch.cat([F.scaled_dot_product_attention(q, key, value, attn_mask=b, scale=scale) for q, b in parts], -2)


def _as_numbers(blocked: Tensor, dtype: torch.dtype, keep: bool) -> Iterator[Tensor]:
    """What the logits of a few rows at a time lose; of all rows at once it would leave the cache.

    Unless all are to be kept, one place in memory is good for all of them. Next to the lowest number, any logit is nothing;
    it is made four times as fast as infinity, which cannot be multiplied by zero.
    """
    place = torch.empty(0, dtype=dtype)
    for rows in blocked.split(CPU_ROWS, -2):
        place = place.new_empty(rows.shape) if keep or place.shape != rows.shape else place
        yield place.copy_(rows).mul_(torch.finfo(dtype).min)


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
