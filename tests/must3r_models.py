"""Small models of MUSt3R: as the archives have them, and one of our own."""

from typing import Any

import panst3r_archives as archives
import torch
from torch import Tensor, nn

from uniseg3d.models.decoders.view_memory import ViewMemory
from uniseg3d.models.systems.must3r import MUSt3R
from uniseg3d.models.systems.must3r_checkpoint import remap_keys
from uniseg3d.registry import MODELS
from uniseg3d.utils.weights import apply_weights


def archived_parts(name: str, **decoder_options: Any) -> nn.ModuleDict:
    """Encoder, decoder and head of an archive, with its weights; every size is read from it."""
    weights = archives.weights(name)
    dims = len(weights['norm_enc.bias']), len(weights['norm_dec.bias'])
    sizes = {}
    for part, dim, blocks in zip(('enc', 'dec'), dims, ('blocks_enc.', 'blocks_dec.'), strict=True):
        depth = len({key.split('.')[1] for key in weights if key.startswith(blocks)})
        ratio = len(weights[f'{blocks}0.mlp.fc1.bias']) / dim
        sizes[part] = {'depth': depth, 'heads': int(archives.setting(name, f'{part}_heads')), 'mlp_ratio': ratio}
    feedback = any(key.startswith('feedback_layer.') for key in weights)
    parts = {
        'encoder': {'type': 'ViTEncoder', 'patch_embed': {'type': 'PatchEmbed', 'dim': dims[0]}, **sizes['enc']},
        'decoder': {'type': 'MemoryDecoder', 'in_dim': dims[0], 'dim': dims[1], **sizes['dec'], 'feedback': feedback},
        'head': {'type': 'TwoFrameHead', 'dim': dims[1]},
    }
    parts['decoder'] |= decoder_options
    model = nn.ModuleDict({part: MODELS.build(config) for part, config in parts.items()})
    apply_weights(model, remap_keys(weights))
    return model.eval()


def shown(model: nn.ModuleDict, images: list[Tensor], **options: Any) -> tuple[list[Tensor], list[list[Tensor]], ViewMemory]:
    """Raw answers and layers of ``images`` [B, 3, H, W], and the memory after them."""
    encoded = [model['encoder'](image) for image in images]
    layers, memory = model['decoder'](*zip(*encoded, strict=True), **options)
    return raw(model, layers, images), layers, memory


def rendered(model: nn.ModuleDict, images: list[Tensor], memory: ViewMemory) -> tuple[list[Tensor], list[list[Tensor]]]:
    """Raw answers and layers of ``images`` as the memory tells them."""
    encoded = [model['encoder'](image) for image in images]
    layers = model['decoder'].render(*zip(*encoded, strict=True), memory)
    return raw(model, layers, images), layers


def raw(model: nn.ModuleDict, layers: list[list[Tensor]], images: list[Tensor]) -> list[Tensor]:
    parts = zip(layers, images, strict=True)
    return [model['head'].raw(own, tuple(image.shape[2:])) for own, image in parts]


def in_steps(model: nn.ModuleDict, images: list[Tensor], steps: list[int], **options: Any) -> list[Any]:
    """What :func:`shown` returns for every step, which takes as many images as it says."""
    found: list[Any] = []
    for part in torch.arange(sum(steps)).split(steps):
        memory = found[-1][2] if found else None
        found.append(shown(model, [images[i] for i in part.tolist()], memory=memory, **options))
    return found


def small_model(criterion: Any = None, **others: Any) -> MUSt3R:
    """Two layers each, always the same weights; ``decoder``: options of the decoder."""
    torch.manual_seed(0)
    head = others.pop('head', {'type': 'TwoFrameHead', 'dim': 24})
    decoder = {'type': 'MemoryDecoder', 'in_dim': 16, 'dim': 24, 'depth': 3, 'heads': 2, **others.pop('decoder', {})}
    embed = {'type': 'PatchEmbed', 'dim': 16}
    encoder = {'type': 'ViTEncoder', 'patch_embed': embed, 'depth': 2, 'heads': 2, 'mlp_ratio': 2.0}
    return MUSt3R(encoder, decoder, head, criterion, **others).eval()


def placing_model(criterion: Any = None, **others: Any) -> MUSt3R:
    """The same, but it places views one beside the other."""
    placing = {'type': 'MatchedPose', 'dims': (16, 24), 'features': 4, 'hidden': 16}
    head = {'type': 'PlacedHead', 'local': {'type': 'RayPointmapHead', 'dim': 24}, 'placing': placing}
    return small_model(criterion, head=head, **others)


def photos(count: int = 3, batch: int = 1, size: tuple[int, int] = (32, 48), seed: int = 0) -> list[Tensor]:
    """Images [B, 3, H, W] in -1..1."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.rand(batch, 3, *size, generator=generator) * 2 - 1 for _ in range(count)]
