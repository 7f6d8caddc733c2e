"""B8: the cross-attention of a query decoder, and six layers of one."""

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.checks import require_close
from benchmarks.timing import Item, Settings
from uniseg3d.ops.attention import attention
from uniseg3d.ops.linear import linear

WIDTH, HEADS, HIDDEN, LAYERS = 256, 8, 1024, 6
QUERIES, SUPERPOINTS = (400, 900), 3000
OPEN = 0.15  # share of superpoints that a query may look at
Attend = Callable[[nn.MultiheadAttention, Tensor, Tensor, Tensor | None], Tensor]
Dense = Callable[[Tensor, Tensor, Tensor], Tensor]


class Layer(nn.Module):
    """Cross-attention, self-attention and two dense layers, each with a residual and a norm after it."""

    def __init__(self) -> None:
        super().__init__()
        self.cross, self.own = (nn.MultiheadAttention(WIDTH, HEADS, batch_first=True) for _ in range(2))
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(3))
        self.wide, self.narrow = nn.Linear(WIDTH, HIDDEN), nn.Linear(HIDDEN, WIDTH)

    def forward(self, query: Tensor, tokens: Tensor, blocked: Tensor, attend: Attend, dense: Dense) -> Tensor:
        query = self.norms[0](query + attend(self.cross, query, tokens, blocked))
        query = self.norms[1](query + attend(self.own, query, query, None))
        hidden = F.relu(dense(query, self.wide.weight, self.wide.bias))
        return self.norms[2](query + dense(hidden, self.narrow.weight, self.narrow.bias))


def cross_attention(settings: Settings) -> Iterator[Item]:
    """B8: queries over superpoints, projections included, masked."""
    generator = torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    module = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True).eval().requires_grad_(False).to(settings.device)
    layers = nn.ModuleList(Layer() for _ in range(LAYERS)).eval().requires_grad_(False).to(settings.device)
    for count in QUERIES:
        if settings.sizes is not None and count > max(settings.sizes):
            continue
        query = torch.randn(1, count, WIDTH, generator=generator).to(settings.device)
        tokens = torch.randn(1, SUPERPOINTS, WIDTH, generator=generator).to(settings.device)
        blocked = (torch.rand(count, SUPERPOINTS, generator=generator) > OPEN).to(settings.device)
        blocked[:, 0] = False  # a query that is blocked everywhere gives NaN in the peer
        inputs = (query, tokens, blocked)
        yield _item(f'cross-attention, {count} queries', settings, lambda attend, _, i=inputs: attend(module, *i))
        yield _item(
            f'{LAYERS} layers, {count} queries', settings, lambda attend, dense, i=inputs: _run(layers, *i, attend, dense)
        )


def _item(what: str, settings: Settings, run: Callable[[Attend, Dense], Tensor]) -> Item:
    kinds: dict[str, tuple[Attend, Dense]] = {
        'MultiheadAttention': (_default, F.linear),
        'MultiheadAttention, need_weights=False': (_without_weights, F.linear),
        'ours': (_ours, linear),
    }
    works = {name: (lambda kind=kind: run(*kind)) for name, kind in kinds.items()}
    expected = works['MultiheadAttention']()
    for name, work in works.items():
        require_close('B8', name, work(), expected, 1e-5 if settings.device == 'cpu' else 1e-2)
    return Item('B8', what, f'{SUPERPOINTS} superpoints', 'MultiheadAttention', works)


def _run(layers: nn.ModuleList, query: Tensor, tokens: Tensor, blocked: Tensor, attend: Attend, dense: Dense) -> Tensor:
    for layer in layers:
        query = layer(query, tokens, blocked, attend, dense)
    return query


def _default(module: nn.MultiheadAttention, query: Tensor, tokens: Tensor, blocked: Tensor | None) -> Tensor:
    return module(query, tokens, tokens, attn_mask=blocked)[0]


def _without_weights(module: nn.MultiheadAttention, query: Tensor, tokens: Tensor, blocked: Tensor | None) -> Tensor:
    return module(query, tokens, tokens, attn_mask=blocked, need_weights=False)[0]


def _ours(module: nn.MultiheadAttention, query: Tensor, tokens: Tensor, blocked: Tensor | None) -> Tensor:
    weight, bias = module.in_proj_weight, module.in_proj_bias
    both = linear(tokens, weight[WIDTH:], bias[WIDTH:])  # keys and values at once
    parts = (linear(query, weight[:WIDTH], bias[:WIDTH]), *both.chunk(2, -1))
    q, k, v = (part.unflatten(-1, (HEADS, -1)).transpose(1, 2) for part in parts)  # [1, heads, rows, width / heads]
    return linear(attention(q, k, v, blocked).transpose(1, 2).flatten(2), module.out_proj.weight, module.out_proj.bias)
