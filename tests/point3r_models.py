"""Point3R as the archives describe it, and a small one with random weights."""

from typing import Any

import torch
from torch import Tensor

from uniseg3d.models import Point3R
from uniseg3d.registry import MODELS


def config(
    dim: int = 48,
    memory_dim: int = 32,
    heads: tuple[int, int, int] = (3, 2, 4),  # of encoder, image decoder, memory decoder
    depths: tuple[int, int, int] = (2, 4, 2),  # of encoder, decoders, pointer encoder
    slots: int = 8,
    dpt: dict[str, Any] | None = None,
    rope_precision: str = 'fp32',
    append_only: bool = False,
    budget: int | None = None,
    **others: Any,
) -> dict[str, Any]:
    """A model's config; ``dpt``: widths of the dense heads, without them the patches' pixels are linear."""
    heads_of = dict(zip(('encoder', 'image', 'memory'), heads, strict=True))
    if dpt is None:
        pixels = [{'type': 'PatchPointmapHead', 'dim': memory_dim, 'ahead': ahead} for ahead in (True, False)]
    else:
        depth = depths[1]
        hooks = (0, depth * 2 // 4, depth * 3 // 4, depth)
        trunk = {'type': 'DPT', 'widths': (dim, *[memory_dim] * 3), 'hooks': hooks, **dpt}
        pixels = [{'type': 'DPTPointmapHead', 'dpt': trunk} for _ in range(2)]
    return {
        'type': 'Point3R',
        'encoder': {
            'type': 'ViTEncoder',
            'patch_embed': {'type': 'PatchEmbed', 'dim': dim},
            'depth': depths[0],
            'heads': heads_of['encoder'],
            'rope_precision': rope_precision,
        },
        'decoder': {
            'type': 'TwoStreamDecoder',
            'in_dim': dim,
            'dim': memory_dim,
            'depth': depths[1],
            'heads': heads_of['image'],
            'memory_heads': heads_of['memory'],
        },
        'head': {
            'type': 'StreamHead',
            'dim': memory_dim,
            'heads': heads_of['image'],
            'local': pixels[0],
            'world': pixels[1],
        },
        'pose_memory': {
            'type': 'PoseMemory',
            'in_dim': dim,
            'dim': memory_dim,
            'slots': slots,
            'heads': heads_of['image'],
        },
        'pointer_encoder': {
            'type': 'PointerEncoder',
            'dim': dim,
            'memory_dim': memory_dim,
            'depth': depths[2],
            'heads': heads_of['encoder'],
        },
        'pointer_memory': {'type': 'AppendingMemory' if append_only else 'MergingMemory', 'budget': budget},
        **others,
    }


def small_model(seed: int = 0, **changes: Any) -> Point3R:
    torch.manual_seed(seed)
    return MODELS.build(config(**changes)).eval()


def photos(frames: int = 4, batch: int = 1, size: tuple[int, int] = (32, 48), seed: int = 0) -> Tensor:
    """Images [frames, batch, 3, H, W] in -1..1."""
    return torch.rand(frames, batch, 3, *size, generator=torch.Generator().manual_seed(seed)) * 2 - 1
