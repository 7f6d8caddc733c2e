"""The tokens of an image and those of a memory, decoded side by side."""

from collections.abc import Iterable, Mapping
from itertools import zip_longest
from typing import NamedTuple

import torch
from torch import Tensor, nn

from uniseg3d.models.layers.checkpointing import run_block
from uniseg3d.models.layers.decoder_block import DecoderBlock
from uniseg3d.models.layers.linear import Linear, init_linears
from uniseg3d.ops.rope3d import Rotation3D, rotation_3d
from uniseg3d.registry import MODELS
from uniseg3d.utils.renaming import rename

NAMES = {
    r'decoder_embed\.': 'embed.',
    r'dec_blocks\.': 'blocks.',
    r'dec_blocks_memory\.': 'memory_blocks.',
    r'dec_norm\.': 'norm.',
}
Turns = tuple[Rotation3D | None, Rotation3D | None]  # of own tokens, of those of the other stream


class Places(NamedTuple):
    """Where tokens are in the world; the image's companion tokens, which stand first, are nowhere."""

    image: Tensor  # [B, N, 3]
    memory: Tensor  # [B, M, 3]

    def rotations(self, width: int) -> tuple[Rotation3D, Rotation3D]:
        """What heads of ``width`` channels do to the image's tokens, after one companion, and to those of the memory."""
        return rotation_3d(self.image, width, leading=1), rotation_3d(self.memory, width)


@MODELS.register_module()
class TwoStreamDecoder(nn.Module):
    """In every layer each stream looks at what the layer before made of the other.

    What becomes of the memory is forgotten at the end: it only carries messages between layers. So nothing would read its
    last block and norm, and although published files have them, they are not here.
    """

    def __init__(
        self,
        in_dim: int = 1024,
        dim: int = 768,
        depth: int = 12,
        heads: int = 12,
        memory_heads: int = 16,
        mlp_ratio: float = 4.0,
        checkpointing: bool = False,
    ) -> None:
        """``heads`` of the image stream and ``memory_heads`` differ in released weights, although all shapes are the same."""
        super().__init__()
        self.embed = Linear(in_dim, dim)
        self.blocks = nn.ModuleList(DecoderBlock(dim, heads, mlp_ratio) for _ in range(depth))
        self.memory_blocks = nn.ModuleList(DecoderBlock(dim, memory_heads, mlp_ratio) for _ in range(depth - 1))
        self.norm = nn.LayerNorm(dim, 1e-6)
        self.head_width, self.memory_head_width = dim // heads, dim // memory_heads
        self.checkpointing = checkpointing
        for part in (self.embed, self.blocks):
            init_linears(part)

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
        turns, memory_turns = self._turns(places)
        from_image, from_memory = blocked_by(filling, image), blocked_by(filling, memory)
        layers, again = [features], self.checkpointing
        for block, memory_block in zip_longest(self.blocks, self.memory_blocks):
            decoded = run_block(block, image, memory, *turns, None, from_image, again=again)
            if memory_block is not None:
                memory = run_block(memory_block, memory, image, *memory_turns, from_memory, again=again)
            image = decoded
            layers.append(image)
        return [*layers[:-1], self.norm(image)]

    def _turns(self, places: Places | None) -> tuple[Turns, Turns]:
        """How the blocks of the image and those of the memory turn their own tokens, and those of the other stream."""
        if places is None:
            return (None, None), (None, None)
        image, memory = (places.rotations(width) for width in (self.head_width, self.memory_head_width))
        return image, (memory[1], memory[0])


def blocked_by(filling: Tensor | None, tokens: Tensor) -> Tensor | None:
    """What ``tokens`` [B, T, dim] may not see of a memory with ``filling`` [B, M]: [B, 1, T, M]."""
    return None if filling is None else filling[:, None, None].expand(-1, -1, tokens.shape[1], -1)


def remap_keys(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Those of published ``weights`` that belong to the decoder, under its own names."""
    idle = idle_names(weights)
    return rename({name: value for name, value in weights.items() if name not in idle}, NAMES)


def idle_names(weights: Iterable[str]) -> set[str]:
    """Published weights of the memory stream that nothing ever reads: its last block and its norm."""
    numbers = {name: int(name.split('.')[1]) for name in weights if name.startswith('dec_blocks_memory.')}
    last = max(numbers.values(), default=0)
    return {name for name in weights if numbers.get(name) == last or name.startswith('dec_norm_memory.')}
