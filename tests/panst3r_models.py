"""Parts of PanSt3R, and the whole, as large as the archives' weights are."""

from typing import Any

from panst3r_archives import archive, setting, tensor

from uniseg3d.models.decoders.panoptic import PanopticDecoder
from uniseg3d.models.layers.input_mixer import InputMixer
from uniseg3d.models.layers.loftup import LoftUp
from uniseg3d.models.layers.pixel_shuffle_upscaler import PixelShuffleUpscaler

DECODER = 'panoptic_decoder.'
PATCH = 16


def shape(name: str, weight: str) -> tuple[int, ...]:
    """Of a weight of the archive."""
    return archive(name)[weight].shape


def count(name: str, pattern: str) -> int:
    """How many numbered modules have a weight ``pattern`` with {} for the number."""
    return next(number for number in range(1000) if pattern.format(number) not in archive(name))


def grid_of(name: str) -> tuple[int, int]:
    """Rows and columns of patches of the images."""
    height, width = tensor(name, 'in.images').shape[-2:]
    return height // PATCH, width // PATCH


def heads(name: str, part: str) -> int:
    """Of attention; archives that do not say so have the two that their README names."""
    return int(setting(name, f'{part}_heads')) if f'cfg.{part}_heads' in archive(name) else 2


def mixer(name: str) -> InputMixer:
    prefix = f'{DECODER}input_mixer.'
    dim, in_dim = shape(name, f'{prefix}in_proj.weight')
    hidden = shape(name, f'{prefix}mixer_blk.0.mlp.fc1.weight')[0]
    return InputMixer(in_dim, dim, heads(name, 'mixer'), count(name, f'{prefix}mixer_blk.{{}}.norm1.weight'), hidden / dim)


def upscaler(name: str, **options: Any) -> PixelShuffleUpscaler | LoftUp:
    prefix = f'{DECODER}upscaler.'
    if f'{prefix}proj_16.fc1.weight' in archive(name):
        hidden, in_dim = shape(name, f'{prefix}proj_16.fc1.weight')
        widths = tuple(shape(name, f'{prefix}proj_{stride}.fc2.weight')[0] // 4 for stride in (8, 4, 2))
        return PixelShuffleUpscaler(in_dim, shape(name, f'{prefix}proj_16.fc2.weight')[0], widths, hidden / in_dim)
    dim, inputs = shape(name, f'{prefix}lr_input_proj.0.weight')
    frequencies = [shape(name, f'{prefix}{part}.biases')[-1] for part in ('fourier_feat.1', 'lr_pe')]
    depth = count(name, f'{prefix}ca_transformer_blocks.{{}}.norm2.weight')
    in_dim = inputs - 4 * frequencies[1]
    return LoftUp(in_dim, dim, heads(name, 'loftup'), depth, 2, *frequencies, **options)


def class_head(name: str) -> dict[str, Any]:
    text_dim, dim = shape(name, f'{DECODER}mask_transformer.lang_embed.weight')
    return {'type': 'TextClassHead', 'dim': dim, 'text_dim': text_dim}


def panoptic_decoder(name: str, **options: Any) -> PanopticDecoder:
    """``options`` of the second generation's upscaler."""
    prefix = f'{DECODER}mask_transformer.'
    queries, dim = shape(name, f'{prefix}query_feat.weight')
    second = f'{DECODER}input_mixer.in_proj.weight' in archive(name)
    hidden = shape(name, f'{prefix}ffn_layers.0.linear1.weight')[0]
    layers = count(name, f'{prefix}ffn_layers.{{}}.linear1.weight')
    pixel_dim = shape(name, f'{prefix}mask_embed.layers.2.weight')[0]
    parts = upscaler(name, **(options if second else {})), class_head(name), mixer(name) if second else None
    return PanopticDecoder(*parts, dim, heads(name, 'mask_transformer'), hidden, layers, queries, pixel_dim)


def text_directions(name: str) -> Any:
    texts = tensor(name, 'in.text_embeddings_unnormalised')
    return texts / texts.norm(dim=-1, keepdim=True)
