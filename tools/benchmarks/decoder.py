"""B8: the cross-attention of a query decoder."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from benchmarks.checks import require_close
from benchmarks.timing import Item, Settings
from uniseg3d.ops.attention import attention
from uniseg3d.ops.linear import linear

WIDTH, HEADS = 256, 8
QUERIES, SUPERPOINTS = (400, 900), 3000
OPEN = 0.15  # share of superpoints that a query may look at


def cross_attention(settings: Settings) -> Iterator[Item]:
    """B8: queries over superpoints, projections included, masked."""
    generator = torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    module = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True).eval().requires_grad_(False).to(settings.device)
    for count in QUERIES:
        if settings.sizes is not None and count > max(settings.sizes):
            continue
        query = torch.randn(1, count, WIDTH, generator=generator).to(settings.device)
        tokens = torch.randn(1, SUPERPOINTS, WIDTH, generator=generator).to(settings.device)
        blocked = (torch.rand(count, SUPERPOINTS, generator=generator) > OPEN).to(settings.device)
        blocked[:, 0] = False  # a query that is blocked everywhere gives NaN in the peer
        works = {
            'MultiheadAttention': lambda q=query, t=tokens, b=blocked: module(q, t, t, attn_mask=b)[0],
            'MultiheadAttention, need_weights=False': lambda q=query, t=tokens, b=blocked: module(
                q, t, t, attn_mask=b, need_weights=False
            )[0],
            'ours': lambda q=query, t=tokens, b=blocked: _ours(module, q, t, b),
        }
        expected = works['MultiheadAttention']()
        for name, work in works.items():
            require_close('B8', name, work(), expected, 1e-5 if settings.device == 'cpu' else 1e-2)
        yield Item('B8', f'cross-attention, {count} queries', f'{SUPERPOINTS} superpoints', 'MultiheadAttention', works)


def _ours(module: nn.MultiheadAttention, query: Tensor, tokens: Tensor, blocked: Tensor) -> Tensor:
    weight, bias = module.in_proj_weight, module.in_proj_bias
    both = linear(tokens, weight[WIDTH:], bias[WIDTH:])  # keys and values at once
    parts = (linear(query, weight[:WIDTH], bias[:WIDTH]), *both.chunk(2, -1))
    q, k, v = (part.unflatten(-1, (HEADS, -1)).transpose(1, 2) for part in parts)  # [1, heads, rows, width / heads]
    return linear(attention(q, k, v, blocked).transpose(1, 2).flatten(2), module.out_proj.weight, module.out_proj.bias)
