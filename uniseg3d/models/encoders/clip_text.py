"""Sentences through a frozen text tower of OpenCLIP and a learned projection."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.models.encoders.clip_tower import MASKS, build_tower, fill_tower, is_causal, original_name
from uniseg3d.models.layers.mlp import PlainMLP
from uniseg3d.registry import MODELS
from uniseg3d.text.feature_cache import FeatureCache
from uniseg3d.utils.errors import DataError

TOWER = 'lang.text_encoder.'  # published beginnings of names
PROJECTION = {'lang.Mlp.fc1.': 'project.0.', 'lang.Mlp.fc2.': 'project.2.'}


@MODELS.register_module()
class ClipText(nn.Module):
    """The tower's feature of each sentence, then ``Linear, GELU, Linear``.

    The tower is frozen and runs in float32. A row is computed alone and kept, so a sentence has the same feature whatever
    stands beside it and however often it is asked.

    Args:
        tower: a model name of open_clip whose tokens are CLIP's, or sizes in open_clip's own format:
            ``dict(embed_dim=..., text_cfg=dict(width=..., heads=..., layers=..., vocab_size=..., context_length=...))``.
        dim: channels of a sentence after the projection.
        weights: file that fills the tower when training starts (``init_weights``); a checkpoint that is loaded later, or
            instead, brings a tower of its own. ``None``: only a checkpoint does.
        cache: token rows whose features are kept: 3 KB each for the default tower.
    """

    tower: Any  # open_clip's TextTransformer

    def __init__(
        self,
        tower: str | Mapping[str, Any] = 'convnext_large_d_320',
        dim: int = 32,
        weights: str | None = None,
        cache: int = 65536,
    ) -> None:
        super().__init__()
        self.dim, self.weights = dim, weights
        self.tower = build_tower(tower)
        self.width: int = self.tower.output_dim
        self.project = PlainMLP([self.width, self.width, dim], nn.GELU)
        self._cache, self._empty = FeatureCache(cache), weights is not None
        self.tower.register_load_state_dict_pre_hook(self._before_loading)

    def forward(self, tokens: Tensor) -> Tensor:
        """``tokens`` [T, L] int64, zero padded, to [T, dim]."""
        return self.project(self.embed(tokens))

    def embed(self, tokens: Tensor) -> Tensor:
        """The tower's features [T, width] of ``tokens`` [T, L], not normalised, without gradient."""
        if self._empty:
            self.init_weights()
        rows = self._cache.rows(tokens, self._encode)
        return torch.stack(rows) if rows else self.tower.positional_embedding.new_zeros(0, self.width)

    def _encode(self, row: Tensor) -> Tensor:
        """Feature [width] of one row [L] on the CPU."""
        tower = self.tower
        words = self._fitted(row).to(tower.positional_embedding.device)
        count = len(words)
        with torch.autocast(words.device.type, enabled=False):
            if not is_causal(tower):
                return tower(F.pad(words, (0, tower.context_length - count))[None])[0]
            hidden = tower.token_embedding(words)[None] + tower.positional_embedding[:count]  # [1, W, width]
            hidden = tower.transformer(hidden, attn_mask=tower.attn_mask[:count, :count])
            return tower.ln_final(hidden[0, -1]) @ tower.text_projection

    def _fitted(self, row: Tensor) -> Tensor:
        """The row up to its end token, which has the highest id; cut to what the tower reads."""
        tower, end = self.tower, int(row.argmax())
        if int(row[end]) >= tower.vocab_size or int(row.min()) < 0:
            raise DataError(f'a token is {int(row[end])}; this text tower knows 0 to {tower.vocab_size - 1}')
        limit = tower.context_length
        return row[: end + 1] if end < limit else torch.cat([row[: limit - 1], row[end : end + 1]])

    def init_weights(self) -> None:
        """Fill the tower from ``weights``; the runner calls this before it loads a checkpoint."""
        if self.weights is not None:
            fill_tower(self.tower, self.weights)

    def _before_loading(self, _: nn.Module, state: Mapping[str, Tensor], prefix: str, *__: Any) -> None:
        if f'{prefix}positional_embedding' in state:
            self._empty = False
            self._cache.clear()

    def train(self, mode: bool = True) -> 'ClipText':
        """The tower never trains."""
        super().train(mode)
        self.tower.eval()
        return self

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> 'ClipText':
        """Features follow their weights to another device."""
        self._cache.clear()
        return super()._apply(fn, recurse)


def remap_keys(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Those weights of a published UniSeg3D state dict that belong to ``ClipText``, under its own names."""
    names = {name: _own_name(name) for name in weights}
    return {own: weights[name] for name, own in names.items() if own is not None}


def _own_name(name: str) -> str | None:
    """Our name for a published one; None if it is no part of this encoder."""
    if name.startswith(TOWER) and name.removeprefix(TOWER) not in MASKS:
        return f'tower.{original_name(name.removeprefix(TOWER))}'
    for published, own in PROJECTION.items():
        if name.startswith(published):
            return own + name.removeprefix(published)
    return None
