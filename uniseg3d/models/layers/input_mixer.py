"""Features of several encoders, mixed within each image."""

from collections.abc import Mapping

from torch import Tensor, nn

from uniseg3d.models.layers.linear import Linear, init_linears
from uniseg3d.models.layers.vit_block import ViTBlock
from uniseg3d.ops.rope import RoPE2D, grid_positions
from uniseg3d.registry import MODELS
from uniseg3d.utils.renaming import Value, rename

NAMES = {r'in_proj\.': 'project.', r'mixer_blk\.': 'blocks.', r'mixer_norm\.': 'norm.'}


@MODELS.register_module()
class InputMixer(nn.Module):
    """Concatenated features [in_dim] to ``dim`` channels; in its blocks the patches of an image look at one another."""

    def __init__(
        self, in_dim: int, dim: int = 768, heads: int = 12, layers: int = 3, mlp_ratio: float = 4.0, rope: str = 'RoPE100'
    ) -> None:
        super().__init__()
        self.dim, self.head_width, self.rope = dim, dim // heads, RoPE2D.named(rope)
        self.project = Linear(in_dim, dim)
        self.blocks = nn.ModuleList(ViTBlock(dim, heads, mlp_ratio, eps=1e-5) for _ in range(layers))
        self.norm = nn.LayerNorm(dim)
        init_linears(self)

    def forward(self, features: Tensor, grid: tuple[int, int]) -> Tensor:
        """``features`` [V, T, in_dim] of images of ``grid`` = rows x columns patches: [V, T, dim]."""
        rotate = self.rope(grid_positions(*grid, device=features.device), self.head_width)
        tokens = self.project(features)
        for block in self.blocks:
            tokens = block(tokens, rotate)
        return self.norm(tokens)


def remap_keys(weights: Mapping[str, Value]) -> dict[str, Value]:
    """A published mixer's ``weights`` under our names."""
    return rename(weights, NAMES)
