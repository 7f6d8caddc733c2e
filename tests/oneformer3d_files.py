"""Tiny OneFormer3D models by way of their configs, and files of random weights under the names it was published with."""

from collections.abc import Iterator
from pathlib import Path

import torch
from mmengine.config import ConfigDict
from torch import Tensor

from uniseg3d.engine.config import load_config
from uniseg3d.models.encoders.sparse_unet import SparseUNet

ROOT = Path(__file__).parents[1]
SCANNET, SCANNET200 = ROOT / 'configs' / 'oneformer3d_1xb4_scannet.py', ROOT / 'configs' / 'oneformer3d_1xb4_scannet200.py'
CHANNELS, DIM, HIDDEN, HEADS, LAYERS = 8, 16, 24, 2, 2
PLANES = (8, 12)
WIDTHS, BLOCKS = (8, 12, 12, 16, 16, 12, 12, 8), (1, 2, 1, 1, 1, 1, 1, 2)
NORM = ('weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked')


def tiny_model(path: Path, **unet) -> ConfigDict:
    """The model of a config, with few and narrow layers; its classes stay."""
    model = load_config(path).model
    model.encoder.dim = CHANNELS
    if path == SCANNET:
        model.encoder.unet.update(planes=PLANES, blocks=1)
    else:
        sizes = {'variant': (WIDTHS, BLOCKS), 'in_channels': 3, 'out_channels': CHANNELS, 'head_bias': True}
        model.encoder.unet = {'type': 'MinkUNet', **sizes, **unet}
    model.decoder.update(in_channels=CHANNELS, dim=DIM, heads=HEADS, hidden=HIDDEN, layers=LAYERS)
    for head in (model.decoder.class_head, model.decoder.semantic_head):
        head.dim = DIM
    model.backbone_weights = None
    return model


def tiny_config(path: Path, folder: Path) -> Path:
    """A file with the tiny model alone."""
    target = folder / path.name
    target.write_text(f'model = {tiny_model(path).to_dict()!r}\n', encoding='utf-8')
    return target


def published(
    path: Path, semantic_layers: int = 1, score: bool = False, channels: int = CHANNELS, dim: int = DIM, layers: int = LAYERS
) -> dict[str, Tensor]:
    """Random weights for the model of a config."""
    things, classes = (18, 20) if path == SCANNET else (198, 200)
    random = torch.Generator().manual_seed(1)
    shapes = dict(_decoder(channels, dim, HIDDEN, layers))
    shapes |= _two_layers('decoder.out_cls', dim, things + 1)
    if semantic_layers == 2:
        shapes |= _two_layers('decoder.out_sem', dim, classes + 1)
    else:
        shapes |= _linear('decoder.out_sem', dim, classes + 1)
    shapes |= _two_layers('decoder.out_score', dim, 1) if score else {}
    weights = {name: torch.randn(shape, generator=random) * 0.4 for name, shape in shapes.items()}
    return (_sparse_unet() if path == SCANNET else minkowski_weights(WIDTHS, BLOCKS, channels)) | weights


def _linear(name: str, width: int, out: int) -> dict[str, tuple[int, ...]]:
    return {f'{name}.weight': (out, width), f'{name}.bias': (out,)}


def _two_layers(name: str, width: int, out: int) -> dict[str, tuple[int, ...]]:
    return _linear(f'{name}.0', width, width) | _linear(f'{name}.2', width, out)


def _norm(name: str, width: int) -> dict[str, tuple[int, ...]]:
    return {f'{name}.weight': (width,), f'{name}.bias': (width,)}


def _decoder(channels: int, dim: int, hidden: int, layers: int) -> dict[str, tuple[int, ...]]:
    shapes = _linear('decoder.input_proj.0', channels, dim) | _norm('decoder.input_proj.1', dim)
    for name in ('query_proj', 'x_mask'):
        shapes |= _linear(f'decoder.{name}.0', channels, dim) | _linear(f'decoder.{name}.2', dim, dim)
    for i in range(layers):
        for name in (f'decoder.cross_attn_layers.{i}', f'decoder.self_attn_layers.{i}'):
            shapes |= {f'{name}.attn.in_proj_weight': (3 * dim, dim), f'{name}.attn.in_proj_bias': (3 * dim,)}
            shapes |= _linear(f'{name}.attn.out_proj', dim, dim) | _norm(f'{name}.norm', dim)
        name = f'decoder.ffn_layers.{i}'
        shapes |= _linear(f'{name}.net.0', dim, hidden) | _linear(f'{name}.net.3', hidden, dim) | _norm(f'{name}.norm', dim)
    return shapes | _norm('decoder.out_norm', dim)


def _sparse_unet() -> dict[str, Tensor]:
    """Its entries are called here as they are there."""
    torch.manual_seed(2)
    return {name: value.clone() for name, value in SparseUNet(6, PLANES, blocks=1).state_dict().items()}


def minkowski_weights(widths, blocks, out: int | None) -> dict[str, Tensor]:
    """A Res16UNet with a kernel of 5 at the beginning; ``out=None``: without the last layer."""
    random = torch.Generator().manual_seed(3)
    return {
        f'backbone.{name}': torch.tensor(0) if shape == () else torch.rand(shape, generator=random) * 0.2
        for name, shape in _minkowski_shapes(widths, blocks, out)
    }


def _minkowski_shapes(widths, blocks, out: int | None) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield 'conv0p1s1.kernel', (125, 3, 32)
    yield from _batch_norm('bn0', 32)
    before, skips = 32, [32, *widths[:3]]
    for stage in range(1, 9):
        width = widths[stage - 1]
        if stage <= 4:
            yield f'conv{stage}p{2 ** (stage - 1)}s2.kernel', (8, before, before)
            yield from _batch_norm(f'bn{stage}', before)
        else:
            yield f'convtr{stage - 1}p{2 ** (9 - stage)}s2.kernel', (8, before, width)
            yield from _batch_norm(f'bntr{stage - 1}', width)
            before = width + skips[8 - stage]
        yield from _blocks(f'block{stage}', before, width, blocks[stage - 1])
        before = width
    if out is not None:
        yield from (('final.kernel', (before, out)), ('final.bias', (1, out)))


def _blocks(name: str, before: int, width: int, count: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    for block in range(count):
        for number in (1, 2):
            yield f'{name}.{block}.conv{number}.kernel', (27, before if block == 0 and number == 1 else width, width)
            yield from _batch_norm(f'{name}.{block}.norm{number}', width)
        if block == 0 and before != width:
            yield f'{name}.0.downsample.0.kernel', (before, width)
            yield from _batch_norm(f'{name}.0.downsample.1', width)


def _batch_norm(name: str, width: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield from ((f'{name}.bn.{part}', () if part == 'num_batches_tracked' else (width,)) for part in NORM)
