"""Parts of PanSt3R, and the whole, as large as the archives' weights are."""

from typing import Any

import torch
from panst3r_archives import archive, setting, tensor, weights

from uniseg3d.models.decoders.panoptic import PanopticDecoder
from uniseg3d.models.encoders.dinov2 import DINOv2
from uniseg3d.models.layers.input_mixer import InputMixer
from uniseg3d.models.layers.loftup import LoftUp
from uniseg3d.models.layers.pixel_shuffle_upscaler import PixelShuffleUpscaler
from uniseg3d.models.systems.panst3r import PanSt3R
from uniseg3d.registry import MODELS
from uniseg3d.utils.weights import apply_weights

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


def mixer_config(name: str) -> dict[str, Any]:
    prefix = f'{DECODER}input_mixer.'
    dim, in_dim = shape(name, f'{prefix}in_proj.weight')
    hidden = shape(name, f'{prefix}mixer_blk.0.mlp.fc1.weight')[0]
    layers = count(name, f'{prefix}mixer_blk.{{}}.norm1.weight')
    sizes = {'in_dim': in_dim, 'dim': dim, 'heads': heads(name, 'mixer'), 'layers': layers, 'mlp_ratio': hidden / dim}
    return {'type': 'InputMixer', **sizes}


def mixer(name: str) -> InputMixer:
    return MODELS.build(mixer_config(name))


def upscaler_config(name: str, **options: Any) -> dict[str, Any]:
    prefix = f'{DECODER}upscaler.'
    if f'{prefix}proj_16.fc1.weight' in archive(name):
        hidden, in_dim = shape(name, f'{prefix}proj_16.fc1.weight')
        widths = tuple(shape(name, f'{prefix}proj_{stride}.fc2.weight')[0] // 4 for stride in (8, 4, 2))
        sizes = {'in_dim': in_dim, 'dim': shape(name, f'{prefix}proj_16.fc2.weight')[0], 'widths': widths}
        return {'type': 'PixelShuffleUpscaler', **sizes, 'mlp_ratio': hidden / in_dim}
    dim, inputs = shape(name, f'{prefix}lr_input_proj.0.weight')
    image, patch = (shape(name, f'{prefix}{part}.biases')[-1] for part in ('fourier_feat.1', 'lr_pe'))
    depth = count(name, f'{prefix}ca_transformer_blocks.{{}}.norm2.weight')
    sizes = {'in_dim': inputs - 4 * patch, 'dim': dim, 'heads': heads(name, 'loftup'), 'depth': depth}
    return {'type': 'LoftUp', **sizes, 'image_frequencies': image, 'patch_frequencies': patch, **options}


def upscaler(name: str, **options: Any) -> PixelShuffleUpscaler | LoftUp:
    return MODELS.build(upscaler_config(name, **options))


def class_head(name: str) -> dict[str, Any]:
    text_dim, dim = shape(name, f'{DECODER}mask_transformer.lang_embed.weight')
    return {'type': 'TextClassHead', 'dim': dim, 'text_dim': text_dim}


def panoptic_config(name: str, **options: Any) -> dict[str, Any]:
    """``options`` of the second generation's upscaler."""
    prefix = f'{DECODER}mask_transformer.'
    queries, dim = shape(name, f'{prefix}query_feat.weight')
    second = f'{DECODER}input_mixer.in_proj.weight' in archive(name)
    return {
        'type': 'PanopticDecoder',
        'upscaler': upscaler_config(name, **(options if second else {})),
        'class_head': class_head(name),
        'mixer': mixer_config(name) if second else None,
        'dim': dim,
        'heads': heads(name, 'mask_transformer'),
        'hidden': shape(name, f'{prefix}ffn_layers.0.linear1.weight')[0],
        'layers': count(name, f'{prefix}ffn_layers.{{}}.linear1.weight'),
        'queries': queries,
        'pixel_dim': shape(name, f'{prefix}mask_embed.layers.2.weight')[0],
    }


def panoptic_decoder(name: str, **options: Any) -> PanopticDecoder:
    return MODELS.build(panoptic_config(name, **options))


def text_directions(name: str) -> Any:
    texts = tensor(name, 'in.text_embeddings_unnormalised')
    return texts / texts.norm(dim=-1, keepdim=True)


def whole_config(name: str, **options: Any) -> dict[str, Any]:
    """``options`` of the second generation's upscaler."""
    given = weights(name)
    sizes = {}
    for part, letters in (('encoder', 'enc'), ('decoder', 'dec')):
        prefix = f'must3r_{part}.'
        dim = len(given[f'{prefix}norm_{letters}.bias'])
        depth = count(name, f'{prefix}blocks_{letters}.{{}}.norm1.weight')
        ratio = len(given[f'{prefix}blocks_{letters}.0.mlp.fc1.bias']) / dim
        sizes[part] = {'dim': dim, 'depth': depth, 'heads': heads(name, letters), 'mlp_ratio': ratio}
    encoder, decoder = sizes['encoder'], sizes['decoder']
    in_dim = encoder.pop('dim')
    return {
        'type': 'PanSt3R',
        'encoder': {'type': 'ViTEncoder', 'patch_embed': {'type': 'PatchEmbed', 'dim': in_dim}, **encoder},
        'decoder': {'type': 'MemoryDecoder', 'in_dim': in_dim, **decoder, 'form': 'normalized'},
        'head': {'type': 'TwoFrameHead', 'dim': decoder['dim']},
        'panoptic': panoptic_config(name, **options),
        'class_text': {'type': 'ClassText'},
        'image_encoder': dinov2_config(name),
    }


def whole_model(name: str, **options: Any) -> PanSt3R:
    """With the weights of the archive."""
    model = MODELS.build(whole_config(name, **options))
    apply_weights(model, weights(name))
    return model.eval()


def dinov2_config(name: str) -> dict[str, Any]:
    prefix = 'dino_encoder.dinov2.'
    _, places, dim = shape(name, f'{prefix}embeddings.position_embeddings')
    depth = count(name, f'{prefix}encoder.layer.{{}}.norm1.weight')
    ratio = shape(name, f'{prefix}encoder.layer.0.mlp.fc1.weight')[0] / dim
    grid = round((places - 1) ** 0.5)
    return {'type': 'DINOv2', 'dim': dim, 'depth': depth, 'heads': heads(name, 'dino'), 'mlp_ratio': ratio, 'grid': grid}


def dinov2_of(name: str) -> DINOv2:
    return MODELS.build(dinov2_config(name))


def small_config(second: bool = False, **others: Any) -> dict[str, Any]:
    """A model of our own with a text encoder that learns, of either generation."""
    kind = {'type': 'LoftUp', 'in_dim': 16, 'dim': 8, 'heads': 2, 'depth': 1, 'image_frequencies': 3, 'patch_frequencies': 2}
    first = {'type': 'PixelShuffleUpscaler', 'in_dim': 56, 'dim': 16, 'widths': (16, 8, 8), 'mlp_ratio': 1.0}
    mix = {'type': 'InputMixer', 'in_dim': 56, 'dim': 16, 'heads': 2, 'layers': 1}
    return {
        'type': 'PanSt3R',
        'encoder': {'type': 'ViTEncoder', 'patch_embed': {'type': 'PatchEmbed', 'dim': 16}, 'depth': 1, 'heads': 2},
        'decoder': {'type': 'MemoryDecoder', 'in_dim': 16, 'dim': 24, 'depth': 2, 'heads': 2},
        'head': {'type': 'TwoFrameHead', 'dim': 24},
        'image_encoder': {'type': 'DINOv2', 'dim': 16, 'depth': 1, 'heads': 2, 'patch': 4, 'grid': 3},
        'panoptic': {
            'type': 'PanopticDecoder', 'upscaler': kind if second else first, 'mixer': mix if second else None, 'dim': 16,
            'heads': 2, 'hidden': 16, 'layers': 2, 'queries': 6, 'pixel_dim': 8,
            'class_head': {'type': 'TextClassHead', 'dim': 16, 'text_dim': 12},
        },
        'class_text': {'type': 'ClassText', 'encoder': {'type': 'ScratchText', 'dim': 12, 'width': 8, 'heads': 2}},
        'classes': ['chair', 'oval table', 'wall'],
        **others,
    }  # fmt: skip


def small_model(second: bool = False, **others: Any) -> PanSt3R:
    torch.manual_seed(0)
    return MODELS.build(small_config(second, **others)).eval()
