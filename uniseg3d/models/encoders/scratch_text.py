"""A small text encoder that is trained with the model, where no CLIP weights are at hand."""

import torch
from torch import Tensor, nn

from uniseg3d.registry import MODELS
from uniseg3d.utils.errors import ConfigError, DataError

HASHES = (2654435761, 2246822519)  # odd: consecutive ids land far apart


class HashedEmbedding(nn.Module):
    """Vectors of any token id from a table of ``rows``: each id owns the sum of two rows, and hardly two ids own the same.

    A row per word of CLIP's vocabulary would cost the optimiser ten times as much as the rest of a small model, for words
    that mostly never occur.
    """

    def __init__(self, rows: int, width: int) -> None:
        super().__init__()
        self.table = nn.Embedding(rows, width)
        nn.init.normal_(self.table.weight, std=0.5**0.5)

    def forward(self, tokens: Tensor) -> Tensor:
        """``tokens`` [...] int64 to [..., width]."""
        hashes = torch.tensor(HASHES, device=tokens.device)  # no buffer: models that files fill are built on the meta device
        rows = ((tokens[..., None] * hashes) >> 16) % self.table.num_embeddings  # [..., 2]
        return self.table(rows).sum(-2)


@MODELS.register_module()
class ScratchText(nn.Module):
    """Token embeddings, their places, transformer blocks, and the mean over the words.

    Args:
        dim: channels of a sentence.
        width, heads, layers: of the transformer.
        dropout: inside its blocks.
        table: rows of the hashed word table.
        context: tokens that a row has at most.
    """

    def __init__(
        self,
        dim: int = 32,
        width: int = 64,
        heads: int = 4,
        layers: int = 2,
        dropout: float = 0.1,
        table: int = 4096,
        context: int = 77,
    ) -> None:
        super().__init__()
        if layers < 1:
            raise ConfigError(f'ScratchText.layers is {layers}; expected at least 1, or the order of words would not count')
        self.dim, self.context = dim, context
        self.embedding = HashedEmbedding(table, width)
        self.place = nn.Parameter(0.1 * torch.randn(context, width))
        block = nn.TransformerEncoderLayer(width, heads, 2 * width, dropout, 'gelu', batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(block, layers, enable_nested_tensor=False)
        self.project = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, dim))

    def forward(self, tokens: Tensor) -> Tensor:
        """``tokens`` [T, L] int64, zero padded, to sentence features [T, dim]; a row of padding has a feature, too."""
        words, blank = self.words(tokens)
        return words.masked_fill(blank[..., None], 0.0).sum(1) / (~blank).sum(1, keepdim=True)

    def words(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Features of every word [T, W, dim] and where there is none [T, W] bool; W = words of the longest sentence."""
        length = int((tokens != 0).any(0).sum()) if len(tokens) else 0
        if length > self.context:
            raise DataError(
                f'a sentence has {length} tokens; this encoder was made for {self.context}, cut it or raise context'
            )
        tokens = tokens[:, : max(length, 1)]
        blank = tokens == 0
        blank[:, :1] = False  # attention over nothing would be NaN
        if not len(tokens):
            return self.place.new_zeros(0, tokens.shape[1], self.dim), blank
        words = self.embedding(tokens) + self.place[: tokens.shape[1]]
        return self.project(self.blocks(words, src_key_padding_mask=blank)), blank
