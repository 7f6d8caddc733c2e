"""SigLIP's text tower: sentences to directions that its image tower would give to pictures of them."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.registry import MODELS
from uniseg3d.utils.errors import CheckpointError, DataError
from uniseg3d.utils.renaming import rename
from uniseg3d.utils.weights import apply_weights, load_weights

PREFIX = 'text_model.'  # of the text tower in files that hold the image tower, too
NAMES = {
    r'embeddings\.token_embedding\.': 'embedding.',
    r'embeddings\.position_embedding\.weight': 'place',
    r'encoder\.layers\.(\d+)\.layer_norm(\d)\.': r'blocks.layers.\1.norm\2.',
    r'encoder\.layers\.(\d+)\.mlp\.fc(\d)\.': r'blocks.layers.\1.linear\2.',
    r'encoder\.layers\.(\d+)\.self_attn\.out_proj\.': r'blocks.layers.\1.self_attn.out_proj.',
    r'final_layer_norm\.': 'norm.',
    r'head\.': 'head.',
}


@MODELS.register_module()
class SiglipText(nn.Module):
    """Every token sees every other, padding included; the last of ``context`` places speaks for the sentence. Frozen.

    Args:
        dim, depth, heads, hidden: of the transformer; the defaults are those of siglip-base-patch16.
        vocabulary, context: tokens that there are, and that a sentence has.
        weights: local file of Hugging Face's ``google/siglip-*``, read when the tower is first used.
    """

    def __init__(
        self,
        dim: int = 768,
        depth: int = 12,
        heads: int = 12,
        hidden: int = 3072,
        vocabulary: int = 32000,
        context: int = 64,
        weights: str | Path | None = None,
    ) -> None:
        super().__init__()
        self.dim, self.context, self.weights = dim, context, weights
        self.embedding = nn.Embedding(vocabulary, dim)
        self.place = nn.Parameter(torch.randn(context, dim) * 0.02)
        gelu = partial(F.gelu, approximate='tanh')
        block = nn.TransformerEncoderLayer(dim, heads, hidden, 0.0, gelu, 1e-6, batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(block, depth, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(dim, 1e-6)
        self.head = nn.Linear(dim, dim)
        self.requires_grad_(False).eval()
        self._empty = True

    @torch.no_grad()
    def forward(self, tokens: Tensor) -> Tensor:
        """``tokens`` [T, context] int64 to sentence features [T, dim], not normalised."""
        return self.head(self.words(tokens)[:, -1])

    def embed(self, tokens: Tensor) -> Tensor:
        """As a call, after the weights were read."""
        if self._empty:
            self.init_weights()
        return self(tokens)

    def words(self, tokens: Tensor) -> Tensor:
        """Features of every token [T, context, dim]."""
        if tokens.ndim != 2 or tokens.shape[1] != self.context:
            raise DataError(f'tokens are {tuple(tokens.shape)}; this tower reads rows of {self.context}')
        known = self.embedding.num_embeddings
        if tokens.numel() and not 0 <= int(tokens.min()) <= int(tokens.max()) < known:
            raise DataError(f'tokens go up to {int(tokens.max())}; this tower knows 0 to {known - 1}: use its own tokenizer')
        return self.norm(self.blocks(self.embedding(tokens) + self.place))

    def init_weights(self) -> None:
        """Fill the tower from ``weights``."""
        if self.weights is None or not Path(self.weights).expanduser().is_file():
            raise CheckpointError(
                f'the weights of the text tower are not there ({self.weights}); get them with tools/download.py siglip '
                'siglip-tokens, or give class_text a fixed vocabulary of embedded classes'
            )
        mismatch = apply_weights(self, remap_keys(load_weights(self.weights).state_dict), allow_mismatch=True)
        if mismatch:
            raise CheckpointError(f'{self.weights} holds no text tower of this size: {mismatch}')
        self._empty = False

    def train(self, mode: bool = True) -> 'SiglipText':
        """The tower never trains."""
        return super().train(False)


def remap_keys(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Hugging Face's ``weights``, of the text tower alone or of the whole model, under our names."""
    if any(name.startswith(PREFIX) for name in weights):
        weights = {name.removeprefix(PREFIX): value for name, value in weights.items() if name.startswith(PREFIX)}
    found = rename(weights, NAMES)
    for name in [name for name in weights if '.self_attn.q_proj.' in name]:
        layer, kind = name.split('.')[2], name.rsplit('.', 1)[1]
        parts = [weights.get(name.replace('.q_proj.', f'.{part}_proj.')) for part in 'qkv']
        found[f'blocks.layers.{layer}.self_attn.in_proj_{kind}'] = torch.cat([part for part in parts if part is not None])
    return found
