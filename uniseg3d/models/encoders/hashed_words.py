"""A text encoder that nobody trains: fixed random directions of words, added up."""

from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.models.encoders.scratch_text import HashedEmbedding
from uniseg3d.registry import MODELS
from uniseg3d.text.tokenizer import tokenize

SILENT = ('a an the this that there is are in of on at and with photo scene room',)


@MODELS.register_module()
class HashedWords(nn.Module):
    """Sentences of the same words have the same direction, those that share words are near; words know nothing of each other.

    It stands in for CLIP's text tower where no weights are at hand, with experts that are given its space.
    """

    def __init__(self, dim: int = 96, table: int = 4096, seed: int = 0) -> None:
        super().__init__()
        self.dim = dim
        self.embedding = HashedEmbedding(table, dim).requires_grad_(False)
        nn.init.normal_(self.embedding.table.weight, generator=torch.Generator().manual_seed(seed))

    @cached_property
    def silent(self) -> tuple[int, ...]:
        """Tokens that mean nothing, padding among them. No buffer: a model may be built on the meta device."""
        return tuple(sorted({*tokenize(SILENT).ravel().tolist()}))

    def embed(self, tokens: Tensor) -> Tensor:
        """Features [T, dim] of length one of token rows [T, L]; zeros of a sentence of silent words alone."""
        tokens = tokens.to(self.embedding.table.weight.device)
        heard = torch.isin(tokens, tokens.new_tensor(self.silent), invert=True)
        return F.normalize((self.embedding(tokens) * heard[..., None]).sum(1), dim=1)

    forward = embed
