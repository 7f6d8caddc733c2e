"""The tokens of an image and those of a memory, decoded side by side."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from uniseg3d.models.layers.decoder_block import DecoderBlock
from uniseg3d.models.layers.linear import Linear
from uniseg3d.ops.rope import Rotate
from uniseg3d.ops.rope3d import rotation_3d
from uniseg3d.registry import MODELS


class Places(NamedTuple):
    """Where tokens are in the world; the image's companion tokens, which stand first, are nowhere."""

    image: Tensor  # [B, N, 3]
    memory: Tensor  # [B, M, 3]

    def rotations(self, width: int) -> tuple[Rotate, Rotate]:
        """What heads of ``width`` channels do to the image's tokens, after one companion, and to those of the memory."""
        return rotation_3d(self.image, width, leading=1), rotation_3d(self.memory, width)


@MODELS.register_module()
class TwoStreamDecoder(nn.Module):
    """In every layer each stream looks at what the layer before made of the other.

    What becomes of the memory is forgotten at the end: it only carries messages between layers. So its last block and norm do
    nothing; they are there because checkpoints have them, and are not trained.
    """

    def __init__(self, in_dim: int = 1024, dim: int = 768, depth: int = 12, heads: int = 12, memory_heads: int = 16) -> None:
        """``heads`` of the image stream and ``memory_heads`` differ in released weights, although all shapes are the same."""
        super().__init__()
        self.embed = Linear(in_dim, dim)
        self.blocks = nn.ModuleList(DecoderBlock(dim, heads) for _ in range(depth))
        self.memory_blocks = nn.ModuleList(DecoderBlock(dim, memory_heads) for _ in range(depth))
        self.norm, self.memory_norm = nn.LayerNorm(dim, 1e-6), nn.LayerNorm(dim, 1e-6)
        self.head_width, self.memory_head_width = dim // heads, dim // memory_heads
        for idle in (self.memory_blocks[-1], self.memory_norm):
            idle.requires_grad_(False)

    def forward(
        self,
        features: Tensor,  # [B, N, in_dim]
        companion: Tensor,  # [B, 1, dim], a token that goes before those of the image
        memory: Tensor,  # [B, M, dim]
        places: Places | None = None,
        filling: Tensor | None = None,  # [B, M] bool, rows of the memory that are none
    ) -> list[Tensor]:
        """The features as they are, then the image stream [B, 1 + N, dim] after every block, the last one normalised."""
        image = torch.cat([companion, self.embed(features)], 1)
        here = there = here_to_memory = there_to_memory = None
        if places is not None:
            here, there = places.rotations(self.head_width)
            here_to_memory, there_to_memory = places.rotations(self.memory_head_width)
        from_image, from_memory = blocked_by(filling, image), blocked_by(filling, memory)
        layers = [features]
        for block, memory_block in zip(self.blocks, self.memory_blocks, strict=True):
            decoded = block(image, memory, here, there, blocked_context=from_image)
            if len(layers) < len(self.blocks):
                memory = memory_block(memory, image, there_to_memory, here_to_memory, blocked=from_memory)
            image = decoded
            layers.append(image)
        return [*layers[:-1], self.norm(image)]


def blocked_by(filling: Tensor | None, tokens: Tensor) -> Tensor | None:
    """What ``tokens`` [B, T, dim] may not see of a memory with ``filling`` [B, M]: [B, 1, T, M]."""
    return None if filling is None else filling[:, None, None].expand(-1, -1, tokens.shape[1], -1)
