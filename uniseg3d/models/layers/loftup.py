"""From patches to pixels by looking at the image: LoftUp, PanSt3R's second upscaler."""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.models.layers.cross_attention import CrossAttention
from uniseg3d.models.layers.feed_forward import FeedForward
from uniseg3d.models.layers.linear import Linear, init_linears
from uniseg3d.models.layers.upscaled import Upscaled, as_map
from uniseg3d.registry import MODELS
from uniseg3d.utils.renaming import Value, rename

NAMES = {
    r'patch_embed\.': 'level.',
    r'lr_pe\.': 'patch_waves.',
    r'lr_input_proj\.': 'patch_projection.',
    r'fourier_feat\.1\.': 'image_waves.',
    r'first_conv\.': 'look.',
    r'ca_transformer_blocks\.(\d+)\.cross_attn\.': r'blocks.\1.cross_attn.',
    r'ca_transformer_blocks\.(\d+)\.norm2\.': r'blocks.\1.norm_pixels.',
    r'ca_transformer_blocks\.(\d+)\.norm_y\.': r'blocks.\1.norm_patches.',
    r'ca_transformer_blocks\.(\d+)\.norm3\.': r'blocks.\1.norm_mlp.',
    r'ca_transformer_blocks\.(\d+)\.mlp\.': r'blocks.\1.mlp.',
    r'ca_transformer_norm\.': 'norm.',
}
LOWEST = -2.0  # natural logarithm of the first frequency
NORM_GROUPS = 8


class Waves(nn.Module):
    """Sines and cosines of C values at F frequencies, with learned phases."""

    def __init__(self, values: int, frequencies: int, highest: float = 10.0) -> None:
        """``highest``: natural logarithm of the last frequency."""
        super().__init__()
        self.highest = highest
        self.biases = nn.Parameter(torch.randn(2, values, frequencies))

    def forward(self, values: Tensor) -> Tensor:
        """``values`` [..., C] to [..., 2 C F]: all sines, frequency by frequency, then all cosines.

        Published angles reach 20 000, where single precision is good to a thousandth: the order of operations counts.
        """
        _, count, number = self.biases.shape
        frequencies = torch.linspace(LOWEST, self.highest, number, device=values.device).exp()
        angles = values[..., None, :] * frequencies[:, None]  # [..., F, C]
        sine, cosine = self.biases.reshape(2, number, count)  # read row by row, as released weights were trained
        return torch.cat([(angles + sine).sin().flatten(-2), (angles + cosine).cos().flatten(-2)], -1)


class PixelBlock(nn.Module):
    """Pixels look at patches, then each is thought over."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.norm_pixels, self.norm_patches, self.norm_mlp = (nn.LayerNorm(dim) for _ in range(3))
        self.cross_attn = CrossAttention(dim, heads, bias=False)
        self.mlp = FeedForward(dim, dim)

    def forward(self, pixels: Tensor, patches: Tensor) -> Tensor:
        """``pixels`` [V, P, dim], ``patches`` [V, T, dim]."""
        pixels = pixels + self.cross_attn(self.norm_pixels(pixels), self.cross_attn.look_at(self.norm_patches(patches)))
        return pixels + self.mlp(self.norm_mlp(pixels))


@MODELS.register_module()
class LoftUp(nn.Module):
    """Every pixel of the smaller image asks the patches what it belongs to. In single precision, whatever surrounds it.

    Args:
        in_dim: channels of the tokens and of the level.
        dim: channels of the pixels.
        stride: of the masks against the image.
        image_frequencies, patch_frequencies: of the sines that tell places and colours.
        highest: natural logarithm of their last frequency; as published, the last sines are all but random.
        scale_over_batch: stretch colours by the extremes of all images at once, so that an image's masks depend on what is
            beside it, as in the original; ``False``: each image by its own.
        transpose_portraits: look at images that are higher than wide as if transposed, and return transposed pixels, as the
            original does.
        own_patch: a pixel starts as what the image shows there plus the patch it lies in. Otherwise pixels have to learn first
            which patches are near them, which takes longer than small networks have.
    """

    def __init__(
        self,
        in_dim: int = 768,
        dim: int = 384,
        heads: int = 4,
        depth: int = 2,
        stride: int = 2,
        image_frequencies: int = 20,
        patch_frequencies: int = 5,
        highest: float = 10.0,
        scale_over_batch: bool = False,
        transpose_portraits: bool = False,
        own_patch: bool = False,
    ) -> None:
        super().__init__()
        self.stride, self.scale_over_batch, self.transpose_portraits = stride, scale_over_batch, transpose_portraits
        self.own_patch = own_patch
        self.level = nn.Conv2d(in_dim, in_dim, 1)
        self.patch_waves, self.image_waves = Waves(2, patch_frequencies, highest), Waves(5, image_frequencies, highest)
        self.patch_projection = nn.Sequential(Linear(in_dim + 4 * patch_frequencies, dim), nn.LayerNorm(dim))
        channels = 10 * image_frequencies + 3
        self.look = nn.Sequential(
            nn.GroupNorm(1, channels),
            nn.Conv2d(channels, dim, 3, padding=1),
            nn.GroupNorm(NORM_GROUPS, dim),
            nn.ReLU(),
            nn.Conv2d(dim, dim, 3, padding=1),
            nn.GroupNorm(NORM_GROUPS, dim),
            nn.ReLU(),
        )
        self.blocks = nn.ModuleList(PixelBlock(dim, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(dim)
        init_linears(self)

    def forward(self, tokens: Tensor, images: Tensor, grid: tuple[int, int]) -> Upscaled:
        """``tokens`` [V, T, in_dim] of ``images`` [V, 3, H, W] with ``grid`` = rows x columns patches."""
        with torch.autocast(tokens.device.type, enabled=False):
            level = self.level(as_map(tokens.float(), grid))
            patches = self.read_patches(tokens.float(), grid)
            seen = self.read_image(images.float())  # [V, dim, H / stride, W / stride]
            if self.own_patch:
                seen = seen + F.interpolate(as_map(patches, grid), seen.shape[2:], mode='bilinear', align_corners=False)
            pixels = seen.flatten(2).transpose(1, 2)
            for block in self.blocks:
                pixels = block(pixels, patches)
            return Upscaled(level, as_map(self.norm(pixels), (seen.shape[2], seen.shape[3])))

    def read_patches(self, tokens: Tensor, grid: tuple[int, int]) -> Tensor:
        """Patches [V, T, dim] that know their places."""
        waves = self.patch_waves(_coordinates(grid, tokens.device).flatten(0, 1))  # [T, 4 F]
        return self.patch_projection(torch.cat([tokens, waves.expand(len(tokens), -1, -1)], -1))

    def read_image(self, images: Tensor) -> Tensor:
        """Smaller images, looked at by two convolutions."""
        if self.transpose_portraits and images.shape[-2] > images.shape[-1]:
            images = images.transpose(-2, -1)
        small = F.interpolate(images, scale_factor=1 / self.stride, mode='bilinear', align_corners=False)
        over = (0, 2, 3) if self.scale_over_batch else (2, 3)
        low, high = small.amin(over, keepdim=True), small.amax(over, keepdim=True)
        colors = (small - low) / (high - low).clamp(min=1e-4) - 0.5
        places = _coordinates((small.shape[2], small.shape[3]), small.device).expand(len(small), -1, -1, -1)
        waves = self.image_waves(torch.cat([places, colors.movedim(1, -1)], -1)).movedim(-1, 1)
        return self.look(torch.cat([waves, colors], 1))


def _coordinates(grid: tuple[int, int], device: torch.device) -> Tensor:
    """Row and column of every cell, -1 at the first and 1 at the last: [rows, columns, 2]."""
    axes = (torch.linspace(-1, 1, size, device=device) for size in grid)
    return torch.stack(torch.meshgrid(*axes, indexing='ij'), -1)


def remap_keys(weights: Mapping[str, Value]) -> dict[str, Value]:
    """A published upscaler's ``weights`` under our names."""
    return rename(weights, NAMES)
