"""ViT-Adapter: maps of four resolutions from the patches of a vision transformer that stays as it is."""

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.models.encoders.spatial_prior import SpatialPrior, norm_named
from uniseg3d.models.layers.conv_feed_forward import ConvFeedForward
from uniseg3d.models.layers.deformable_attention import DeformableAttention
from uniseg3d.ops.deformable_attention import cell_centres
from uniseg3d.registry import MODELS
from uniseg3d.utils.renaming import Value, rename

NAMES = {
    r'level_embed': 'level_embed',
    r'spm\.stem\.': 'prior.stem.',
    **{rf'spm\.conv{i + 2}\.': f'prior.steps.{i}.' for i in range(3)},
    **{rf'spm\.fc{i + 1}\.': f'prior.project.{i}.' for i in range(4)},
    r'interactions\.(\d+)\.extractor\.ffn\.dwconv\.dwconv\.': r'interactions.\1.0.ffn.mix.',
    r'interactions\.(\d+)\.extractor\.': r'interactions.\1.0.',
    r'interactions\.(\d+)\.extra_extractors\.0\.ffn\.dwconv\.dwconv\.': r'interactions.\1.1.ffn.mix.',
    r'interactions\.(\d+)\.extra_extractors\.1\.ffn\.dwconv\.dwconv\.': r'interactions.\1.2.ffn.mix.',
    r'interactions\.(\d+)\.extra_extractors\.0\.': r'interactions.\1.1.',
    r'interactions\.(\d+)\.extra_extractors\.1\.': r'interactions.\1.2.',
    r'up\.': 'up.',
    **{rf'norm{i + 1}\.': f'norms.{i}.' for i in range(4)},
}


class Extractor(nn.Module):
    """The maps' cells read the transformer's patches, then mix with their neighbours."""

    def __init__(self, dim: int, heads: int, points: int, mlp_ratio: float) -> None:
        super().__init__()
        self.query_norm, self.feat_norm = nn.LayerNorm(dim, 1e-6), nn.LayerNorm(dim, 1e-6)
        self.attn = DeformableAttention(dim, heads, 1, points)
        self.ffn_norm, self.ffn = nn.LayerNorm(dim, 1e-6), ConvFeedForward(dim, int(dim * mlp_ratio))

    def forward(
        self, cells: Tensor, shapes: Sequence[tuple[int, int]], places: Tensor, patches: Tensor, grid: tuple[int, int]
    ) -> Tensor:
        """``cells`` [N, S, dim] of maps of ``shapes`` at ``places`` [S, 1, 2]; ``patches`` [N, T, dim] of a ``grid``."""
        cells = cells + self.attn(self.query_norm(cells), places, self.feat_norm(patches), [grid])
        return cells + self.ffn(self.ffn_norm(cells), shapes)


@MODELS.register_module()
class ViTAdapter(nn.Module):
    """Images and what the transformer's blocks made of them to maps at 1/4, 1/8, 1/16 and 1/32 of the resolution.

    Args:
        dim: channels of the transformer, and of the maps.
        layers: the four blocks that are read, from the first to the last.
        planes: channels of the first convolutions.
        heads, points: of the deformable attention.
        extra: readings more of the last block.
        mlp_ratio: hidden channels of the feed-forward layers, as a share of ``dim``.
        norm: of the convolutions: 'batch', as published, or 'group'.
        patch: pixels of the transformer's patches.
        enlarge: images are made so many times as large before the convolutions, and so are all maps.
    """

    def __init__(
        self,
        dim: int = 1024,
        layers: Sequence[int] = (5, 11, 17, 23),
        planes: int = 64,
        heads: int = 16,
        points: int = 4,
        extra: int = 2,
        mlp_ratio: float = 0.25,
        norm: str = 'batch',
        patch: int = 16,
        enlarge: int = 1,
    ) -> None:
        super().__init__()
        self.dim, self.layers, self.patch, self.enlarge = dim, tuple(layers), patch, enlarge
        self.prior = SpatialPrior(dim, planes, norm_named(norm))
        self.level_embed = nn.Parameter(torch.randn(3, dim))
        counts = [1] * (len(self.layers) - 1) + [1 + extra]
        self.interactions = nn.ModuleList(
            nn.ModuleList(Extractor(dim, heads, points, mlp_ratio) for _ in range(count)) for count in counts
        )
        self.up = nn.ConvTranspose2d(dim, dim, 2, 2)
        self.norms = nn.ModuleList(norm_named(norm)(dim) for _ in range(4))

    def forward(self, images: Tensor, inner: Sequence[Tensor]) -> list[Tensor]:
        """``images`` [N, 3, H, W], ``inner`` [N, T, dim] of every block: four maps [N, dim, h, w], from fine to coarse."""
        grid = (images.shape[-2] // self.patch, images.shape[-1] // self.patch)
        seen = [inner[layer] for layer in self.layers]
        if self.enlarge > 1:
            images = F.interpolate(images, scale_factor=self.enlarge, mode='bilinear', align_corners=False)
        finest, *coarse = self.prior(images)
        shapes = [(map_.shape[-2], map_.shape[-1]) for map_ in coarse]
        cells = self._interact(torch.cat([map_.flatten(2) for map_ in coarse], 2).transpose(1, 2), shapes, seen, grid)
        parts = cells.transpose(1, 2).split([rows * columns for rows, columns in shapes], 2)
        maps = [part.unflatten(2, shape) for part, shape in zip(parts, shapes, strict=True)]
        maps = [finest + self.up(maps[0]), *maps]
        planes = [patches.transpose(1, 2).unflatten(2, grid) for patches in seen]
        return [norm(map_ + _sized(plane, map_)) for norm, map_, plane in zip(self.norms, maps, planes, strict=True)]

    def _interact(self, cells: Tensor, shapes: list[tuple[int, int]], seen: Sequence[Tensor], grid: tuple[int, int]) -> Tensor:
        """``cells`` [N, S, dim] after they read each of the ``seen`` blocks in turn."""
        counts = torch.tensor([rows * columns for rows, columns in shapes], device=cells.device)
        cells = cells + self.level_embed.repeat_interleave(counts, 0, output_size=cells.shape[1])
        places = cell_centres(shapes, cells.device)[:, None]
        for extractors, patches in zip(self.interactions, seen, strict=True):
            for extractor in extractors:  # type: ignore[attr-defined]
                cells = extractor(cells, shapes, places, patches, grid)
        return cells


def _sized(plane: Tensor, map_: Tensor) -> Tensor:
    if plane.shape[-2:] == map_.shape[-2:]:
        return plane
    return F.interpolate(plane, map_.shape[-2:], mode='bilinear', align_corners=False)


def remap_keys(weights: Mapping[str, Value]) -> dict[str, Value]:
    """A published adapter's ``weights`` under our names."""
    return rename(weights, NAMES)
