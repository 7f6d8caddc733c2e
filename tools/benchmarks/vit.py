"""B10: the block of a large vision transformer, beside the same block in plain PyTorch."""

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.checks import require_close
from benchmarks.timing import Item, Settings
from uniseg3d.models.layers.vit_block import ViTBlock

WIDTH, HEADS, TOKENS = 1024, 16, 768  # of ViT-L; a photo of 512 x 384 in patches of 16
FRAMES = (1, 8)
HALF_TOLERANCE = 3e-2


def transformer_block(settings: Settings) -> Iterator[Item]:
    """B10: one block without gradients, in float32 and in bfloat16; float32 in plain PyTorch is the measure of all."""
    for tokens in settings.sizes_or(TOKENS):
        width = WIDTH if tokens >= TOKENS else WIDTH // 8  # to try the suite out
        for frames in FRAMES:
            yield _item(width, frames, tokens, settings)


def _item(width: int, frames: int, tokens: int, settings: Settings) -> Item:
    torch.manual_seed(0)
    block = ViTBlock(width, HEADS).eval().requires_grad_(False).to(settings.device)
    half = ViTBlock(width, HEADS).eval().requires_grad_(False).to(settings.device)
    half.load_state_dict(block.state_dict())
    half.bfloat16()
    seen = torch.randn(frames, tokens, width, device=settings.device)
    works: dict[str, Callable[[], Tensor]] = {
        'PyTorch': lambda: plain_block(block, seen),
        'ours': lambda: block(seen),
        'PyTorch, bfloat16': lambda: plain_block(half, seen.bfloat16()),
        'ours, bfloat16': lambda: half(seen.bfloat16()),
    }
    expected = works['PyTorch']()
    for name, work in works.items():
        exact = 1e-5 if settings.device == 'cpu' else 1e-2
        require_close('B10', name, work(), expected, HALF_TOLERANCE if 'bfloat16' in name else exact)
    flop = frames * (24.0 * tokens * width**2 + 4.0 * tokens**2 * width)
    return Item('B10', f'ViT-L block, {frames} x {tokens} tokens', f'width {width}', 'PyTorch', works, flop)


def plain_block(block: ViTBlock, tokens: Tensor) -> Tensor:
    """What the block computes from its weights [B, T, C], in the calls that anybody would write."""
    mixer, mlp = block.attn, block.mlp
    parts = F.linear(block.norm1(tokens), mixer.qkv.weight, mixer.qkv.bias).unflatten(-1, (3, mixer.heads, -1))
    query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)  # [B, heads, T, width]
    mixed = F.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
    tokens = tokens + F.linear(mixed, mixer.proj.weight, mixer.proj.bias)
    hidden = F.gelu(F.linear(block.norm2(tokens), mlp.fc1.weight, mlp.fc1.bias))
    return tokens + F.linear(hidden, mlp.fc2.weight, mlp.fc2.bias)
