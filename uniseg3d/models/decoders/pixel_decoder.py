"""From maps of four resolutions to features that masks are made of, and those that queries look at."""

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.models.layers.deformable_attention import DeformableAttention
from uniseg3d.models.layers.mlp import PlainMLP
from uniseg3d.models.layers.sine_position import sine_grid
from uniseg3d.ops.deformable_attention import cell_centres
from uniseg3d.registry import MODELS
from uniseg3d.utils.renaming import Value, rename

Shape = tuple[int, int]
NAMES = {
    r'level_embed$': 'level_embed',
    r'input_projections\.': 'project.',
    r'encoder\.layers\.(\d+)\.self_attn\.': r'layers.\1.attention.',
    r'encoder\.layers\.(\d+)\.self_attn_layer_norm\.': r'layers.\1.attention_norm.',
    r'encoder\.layers\.(\d+)\.fc1\.': r'layers.\1.mlp.0.',
    r'encoder\.layers\.(\d+)\.fc2\.': r'layers.\1.mlp.2.',
    r'encoder\.layers\.(\d+)\.final_layer_norm\.': r'layers.\1.mlp_norm.',
    r'adapter_1\.': 'lateral.',
    r'layer_1\.': 'smooth.',
    r'mask_projection\.': 'mask_projection.',
}


class DeformableLayer(nn.Module):
    """Cells of all maps look at a few places of all maps, and are thought over; each is added, and the sum normalised."""

    def __init__(self, dim: int, heads: int, levels: int, points: int, hidden: int) -> None:
        super().__init__()
        self.attention, self.attention_norm = DeformableAttention(dim, heads, levels, points), nn.LayerNorm(dim)
        self.mlp, self.mlp_norm = PlainMLP([dim, hidden, dim]), nn.LayerNorm(dim)

    def forward(self, cells: Tensor, position: Tensor, places: Tensor, shapes: Sequence[Shape]) -> Tensor:
        """``cells`` [N, S, dim] at ``places`` [S, 1, 2], which ``position`` [S, dim] says in features."""
        cells = self.attention_norm(cells + self.attention(cells + position, places, cells, shapes))
        return self.mlp_norm(cells + self.mlp(cells))


@MODELS.register_module()
class PixelDecoder(nn.Module):
    """The three coarse maps mix by deformable attention; the finest joins the finest of them.

    Args:
        in_channels: of all four maps.
        dim: channels of everything behind, and of the mask features.
        layers, heads, points, hidden: of the mixing.
        groups: of the group norms.
    """

    def __init__(
        self,
        in_channels: int = 1024,
        dim: int = 256,
        layers: int = 6,
        heads: int = 8,
        points: int = 4,
        hidden: int = 1024,
        groups: int = 32,
    ) -> None:
        super().__init__()
        self.dim = dim
        self.project = nn.ModuleList(nn.Sequential(nn.Conv2d(in_channels, dim, 1), nn.GroupNorm(groups, dim)) for _ in range(3))
        self.level_embed = nn.Parameter(torch.randn(3, dim))
        self.layers = nn.ModuleList(DeformableLayer(dim, heads, 3, points, hidden) for _ in range(layers))
        self.lateral = nn.Sequential(nn.Conv2d(in_channels, dim, 1, bias=False), nn.GroupNorm(groups, dim))
        self.smooth = nn.Sequential(nn.Conv2d(dim, dim, 3, padding=1, bias=False), nn.GroupNorm(groups, dim), nn.ReLU())
        self.mask_projection = nn.Conv2d(dim, dim, 1)

    def forward(self, maps: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """``maps`` [N, in_channels, h, w] from fine to coarse: mask features [N, dim, h, w] of the finest resolution, and the
        other three [N, dim, h, w] from coarse to fine.
        """
        finest, *coarse = maps
        projected = [project(map_) for project, map_ in zip(self.project, reversed(coarse), strict=True)]
        shapes = [(map_.shape[-2], map_.shape[-1]) for map_ in projected]
        cells = torch.cat([map_.flatten(2) for map_ in projected], 2).transpose(1, 2)  # [N, S, dim]
        position, places = self._position(shapes, cells.device), cell_centres(shapes, cells.device)[:, None]
        for layer in self.layers:
            cells = layer(cells, position, places, shapes)
        parts = cells.transpose(1, 2).split([rows * columns for rows, columns in shapes], 2)
        levels = [part.unflatten(2, shape) for part, shape in zip(parts, shapes, strict=True)]
        fine = self.lateral(finest)
        fine = fine + F.interpolate(levels[-1], fine.shape[-2:], mode='bilinear', align_corners=False)
        return self.mask_projection(self.smooth(fine)), levels

    def _position(self, shapes: Sequence[Shape], device: torch.device) -> Tensor:
        """[S, dim]"""
        levels = zip(shapes, self.level_embed, strict=True)
        return torch.cat([sine_grid(*shape, self.dim, device) + level for shape, level in levels])


def remap_keys(weights: Mapping[str, Value]) -> dict[str, Value]:
    """A published pixel decoder's ``weights`` under our names."""
    return rename(weights, NAMES)
