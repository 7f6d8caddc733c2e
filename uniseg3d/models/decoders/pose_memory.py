"""A memory of poses that is no list: slots that every frame rewrites, and from which the next guesses where it is."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from uniseg3d.models.layers.decoder_block import DecoderBlock
from uniseg3d.models.layers.linear import Linear
from uniseg3d.registry import MODELS
from uniseg3d.utils.renaming import rename

NAMES = {
    r'pose_token$': 'start',
    r'pose_retriever\.masked_token$': 'unknown',
    r'pose_retriever\.mem$': 'slots',
    r'pose_retriever\.proj_q\.': 'look.',
    r'pose_retriever\.(read|write)_blocks\.': r'\1_blocks.',
}


@MODELS.register_module()
class PoseMemory(nn.Module):
    """Slots of twice the width of pose tokens: one half knows how frames look, the other where they were taken.

    A new frame, of which only the look is known, reads the other half out of the slots; frame 0 starts from a learned token.
    """

    def __init__(self, in_dim: int = 1024, dim: int = 768, slots: int = 256, depth: int = 2, heads: int = 12) -> None:
        super().__init__()
        self.start = nn.Parameter(torch.randn(1, 1, dim) * 0.02)
        self.unknown = nn.Parameter(torch.randn(1, 1, dim) * 0.2)
        self.slots = nn.Parameter(torch.randn(1, slots, 2 * dim) * 0.2)
        self.look = Linear(in_dim, dim)
        self.read_blocks, self.write_blocks = (
            nn.ModuleList(DecoderBlock(2 * dim, heads) for _ in range(depth)) for _ in range(2)
        )

    def initial(self, batch: int) -> Tensor:
        """The slots [B, S, 2 dim] of streams that begin."""
        return self.slots.expand(batch, -1, -1)

    def begin(self, features: Tensor) -> Tensor:
        """The pose token [B, 1, dim] of first frames with ``features`` [B, N, in_dim]."""
        return self.start.expand(len(features), -1, -1)

    def read(self, slots: Tensor, features: Tensor) -> Tensor:
        """The pose token [B, 1, dim] that the slots suggest for a frame with ``features`` [B, N, in_dim]."""
        query = torch.cat([self._look(features), self.unknown.expand(len(features), -1, -1)], -1)
        for block in self.read_blocks:
            query = block(query, slots)
        return query[..., self.unknown.shape[-1] :]

    def write(self, slots: Tensor, features: Tensor, pose_token: Tensor) -> Tensor:
        """The slots after a frame with ``features`` whose decoded pose token is [B, 1, dim]."""
        seen = torch.cat([self._look(features), pose_token], -1)
        for block in self.write_blocks:
            slots = block(slots, seen)
        return slots

    def _look(self, features: Tensor) -> Tensor:
        return self.look(features.mean(1, keepdim=True))  # [B, 1, dim]


def remap_keys(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Those of published ``weights`` that belong here, under their names here."""
    return rename(weights, NAMES)
