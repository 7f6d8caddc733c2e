"""Which of the object queries a sentence means."""

from collections.abc import Mapping

from torch import Tensor, nn

from uniseg3d.models.layers.mlp import PlainMLP
from uniseg3d.models.layers.query_attention import QueryAttention
from uniseg3d.registry import MODELS
from uniseg3d.utils.renaming import Value, rename

NAMES = {
    r'lang_cross_attns\.(\d+)\.': r'blocks.\1.attention.',
    r'lang_attn_norms\.(\d+)\.': r'blocks.\1.attention_norm.',
    r'lang_fc1s\.(\d+)\.': r'blocks.\1.mlp.0.',
    r'lang_fc2s\.(\d+)\.': r'blocks.\1.mlp.2.',
    r'lang_attn_norms_final\.(\d+)\.': r'blocks.\1.mlp_norm.',
}


class MatchBlock(nn.Module):
    """A sentence looks at the object queries and is thought over; each is added, and the sum normalised."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.attention, self.attention_norm = QueryAttention(dim, heads), nn.LayerNorm(dim)
        self.mlp, self.mlp_norm = PlainMLP([dim, dim, dim]), nn.LayerNorm(dim)

    def forward(self, texts: Tensor, queries: Tensor) -> Tensor:
        """``texts`` [n, dim] of one scene, its ``queries`` [Q, dim]."""
        texts = self.attention_norm(texts + self.attention(texts, self.attention.look_at(queries, queries)))
        return self.mlp_norm(texts + self.mlp(texts))


@MODELS.register_module()
class TextMatcher(nn.Module):
    """Logits of the queries for each sentence; no sentence sees another."""

    def __init__(self, dim: int = 256, heads: int = 8, layers: int = 6) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(MatchBlock(dim, heads) for _ in range(layers))

    def forward(self, texts: Tensor, queries: Tensor) -> Tensor:
        """``texts`` [n, dim] and ``queries`` [Q, dim] as the last block left them, not normalised: [n, Q]."""
        for block in self.blocks:
            texts = block(texts, queries)
        return texts @ queries.T


def remap_keys(weights: Mapping[str, Value]) -> dict[str, Value]:
    """Those of ``weights`` under the original's names that belong to the matcher, under its own names."""
    return rename(weights, NAMES)
