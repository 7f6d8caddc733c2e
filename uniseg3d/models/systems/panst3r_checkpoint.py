"""Released weights of PanSt3R, and those of MUSt3R that it starts from, under the names of our model."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from uniseg3d.models.decoders import memory, panoptic
from uniseg3d.models.encoders import dinov2, vit
from uniseg3d.models.heads import two_frames
from uniseg3d.models.layers.pixel_shuffle_upscaler import PixelShuffleUpscaler
from uniseg3d.utils.errors import CheckpointError
from uniseg3d.utils.key_fates import LOADED, MISFIT, MISSING, UNKNOWN, UNNEEDED, KeyFate
from uniseg3d.utils.renaming import Value, rename
from uniseg3d.utils.weights import apply_weights, load_weights

GEOMETRY: dict[str, Any] = {'encoder': vit, 'decoder': memory, 'head': two_frames}
DINO, PANOPTIC, TEXT = 'dino_encoder.dinov2.', 'panoptic_decoder.', 'panoptic_decoder.text_encoder.'
PUBLISHED = ('must3r_encoder.', 'must3r_decoder.', 'dino_encoder.', PANOPTIC)
CONFIGS = {'first': 'configs/panst3r_v1.py', 'second': 'configs/panst3r_v2.py'}


def remap_keys(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Published ``weights`` under our names, without those that the model has no use for."""
    dino = dinov2.remap_keys(rename(weights, {re.escape(DINO): ''}))
    return renamed(weights) | {f'image_encoder.{name}': value for name, value in dino.items()}


def renamed(weights: Mapping[str, Value]) -> dict[str, Value]:
    """All but DINOv2's, whose entries do not become one of ours each."""
    segments = panoptic.remap_keys(rename(weights, {re.escape(PANOPTIC): ''}))
    geometry = geometry_weights(rename(weights, {r'must3r_(encoder|decoder)\.': ''}))
    return geometry | {f'panoptic.{name}': value for name, value in segments.items()}


def geometry_weights(weights: Mapping[str, Value]) -> dict[str, Value]:
    """What MUSt3R's published ``weights``, with or without the part of the file that they lie in, are called here."""
    bare = {re.sub(r'^(encoder|decoder)\.', '', name): value for name, value in weights.items()}
    parts = ((part, module.remap_keys(bare)) for part, module in GEOMETRY.items())
    return {f'{part}.{name}': value for part, found in parts for name, value in found.items()}


def adapt_published(weights: Mapping[str, Tensor], decoder: nn.Module | None = None) -> dict[str, Tensor]:
    """``weights`` under our names; those that have them pass as they are, and so do unknown ones, for the loader to refuse.

    ``decoder``: the panoptic decoder that they are for; it must be of their release.
    """
    theirs = release_of(weights)
    ours = None if decoder is None else 'first' if isinstance(decoder.upscaler, PixelShuffleUpscaler) else 'second'
    if theirs is not None and ours is not None and theirs != ours:
        raise CheckpointError(
            f'these weights are of the {theirs} release of PanSt3R, the model is of the {ours}, whose upscaler differs; use '
            f'{CONFIGS[theirs]}'
        )
    if not any(name.startswith(PUBLISHED) for name in weights):
        return dict(weights)
    return remap_keys(weights) | {name: weights[name] for name in unknown_names(weights)}


def release_of(weights: Iterable[str]) -> str | None:
    """'first' or 'second', by the names of the upscaler, which may be ours; ``None``: there is none."""
    names = [name for name in weights if name.startswith((f'{PANOPTIC}upscaler.', 'panoptic.upscaler.'))]
    shuffles = any('.upscaler.proj_' in name or '.upscaler.steps.' in name for name in names)
    return 'first' if shuffles else 'second' if names else None


def unneeded_names(weights: Iterable[str]) -> set[str]:
    """Published entries that the model has no use for: a text tower has a file of its own."""
    return {name for name in weights if name.startswith(TEXT) or name == f'{DINO}{dinov2.UNUSED}'}


def unknown_names(weights: Iterable[str]) -> list[str]:
    """Entries of a published file that nothing reads."""
    names = {name: name for name in weights}
    dino = {name for name in names if name.startswith(DINO) and dinov2.reads(name.removeprefix(DINO))}
    return sorted(names.keys() - dino - set(renamed(names).values()) - unneeded_names(names))


def key_fates(weights: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> list[KeyFate]:
    """What becomes of every published weight, then what the model gets none for. Some of DINOv2's become one of ours."""
    found, unneeded, unknown = remap_keys(weights), unneeded_names(weights), set(unknown_names(weights))
    target = {name: ours for ours, name in renamed({name: name for name in weights}).items()}
    fates = []
    for name, value in weights.items():
        fate = UNNEEDED if name in unneeded else UNKNOWN if name in unknown else LOADED
        fates.append(KeyFate(fate, name, target.get(name, ''), tuple(value.shape)))
    for name, value in found.items():
        if name not in own or value.shape != own[name].shape:
            fates.append(KeyFate(MISFIT if name in own else UNKNOWN, own=name, shape=tuple(value.shape)))
    return fates + [KeyFate(MISSING, own=name) for name in own if name not in found]


def load_must3r(model: nn.Module, path: str | Path) -> None:
    """Fill encoder, decoder and head from MUSt3R's file, or one of ours."""
    weights = load_weights(path).state_dict
    ours = {name: value for name, value in weights.items() if name.split('.')[0] in GEOMETRY}
    published = any('.blocks_enc.' in name for name in weights)
    mismatch = apply_weights(model, geometry_weights(weights) if published else ours, allow_mismatch=True)
    mismatch.missing = [name for name in mismatch.missing if name.split('.')[0] in GEOMETRY]
    if mismatch:
        raise CheckpointError(f'{path} holds no MUSt3R that this model could start from: {mismatch}')
