"""Released weights of UniSeg3D and its relatives under the names of our model.

UniSeg3D's own files hold every part, and so do OneFormer3D's for a model with its heads, whose sparse network may be one of
MinkowskiEngine. SSTNet's share the sparse U-Net; what else of them has a name and shape of UniSeg3D's loads as well, the rest
does not.
"""

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor, nn

from uniseg3d.models.decoders import query_decoder
from uniseg3d.models.encoders import clip_text, minkunet
from uniseg3d.models.queries import unified
from uniseg3d.ops.sparse.weights import from_spconv
from uniseg3d.utils.errors import CheckpointError
from uniseg3d.utils.key_fates import LOADED, MISFIT, MISSING, UNKNOWN, KeyFate
from uniseg3d.utils.weights import apply_weights, load_weights

BACKBONE = ('input_conv.', 'unet.', 'output_layer.')
MINKOWSKI = 'backbone.'  # of OneFormer3D on ScanNet200, whose network is one of MinkowskiEngine
OWN_BACKBONE = 'encoder.unet.'
PARTS = {'decoder': query_decoder.remap_keys, 'queries': unified.remap_keys, 'text_encoder': clip_text.remap_keys}
CONSTANTS = ('lang.text_encoder.text_attn_mask',)  # a causal mask, which the tower makes itself
TRAINING_ONLY = ('criterion.',)
WHOLE = 'type_embedding.weight'  # tells a whole model from a backbone
WHOLE_ONEFORMER3D = 'decoder.out_cls.2.weight'
UNPUBLISHED = tuple(f'queries.{name}' for name in unified.UNPUBLISHED)


RESHAPED, CONVERTED = 'loaded, from the layout of spconv 1', 'loaded, from the layout of MinkowskiEngine'
CONSTANT, IDLE = 'not needed: the model makes it itself', 'not needed: this model does not train'
NEW, UNCOUNTED = 'new in this model: stays as it starts', 'absent: the counter stays'


def is_published(weights: Mapping[str, Tensor]) -> bool:
    """Whether a state dict has the original's names."""
    return any(name.startswith((*BACKBONE, MINKOWSKI)) for name in weights)


def is_oneformer3d(weights: Mapping[str, Tensor]) -> bool:
    """Whether a state dict holds all of OneFormer3D, not only what it shares with others."""
    return WHOLE_ONEFORMER3D in weights


def own_entry(name: str, value: Tensor) -> tuple[str, Tensor]:
    """Our name for a published one, and the value in our layout where the name tells it; what is not published stays."""
    if name.startswith(BACKBONE):
        return OWN_BACKBONE + name, value
    if name.startswith(MINKOWSKI):
        ((own, ours),) = minkunet.remap_keys({name: value}, MINKOWSKI).items()
        return OWN_BACKBONE + own, ours
    for part, remap in PARTS.items():
        for found, kept in remap({name: value}).items():
            return f'{part}.{found}', kept
    return name, value


def adapt_published(weights: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """``weights`` for a model whose state is ``own``; those with our names pass as they are."""
    if not is_published(weights):
        return dict(weights)
    adapted = {}
    for fate in key_fates(weights, own):
        if fate.name and fate.fate not in (CONSTANT, IDLE):
            adapted[fate.own] = own_entry(fate.name, weights[fate.name])[1]
        elif fate.fate == NEW:
            adapted[fate.own] = own[fate.own]
    return adapted


def key_fates(weights: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> list[KeyFate]:
    """What becomes of every published weight, then what the model gets none for."""
    fates = [_fate(name, value, own) for name, value in weights.items()]
    filled = {fate.own for fate in fates}
    return fates + [KeyFate(_lack(name, WHOLE in weights), own=name) for name in own if name not in filled]


def _fate(name: str, value: Tensor, own: Mapping[str, Tensor]) -> KeyFate:
    (target, ours), shape = own_entry(name, value), tuple(value.shape)
    if name in CONSTANTS:
        return KeyFate(CONSTANT, name, '', shape)
    if target not in own:
        return KeyFate(IDLE if name.startswith(TRAINING_ONLY) else UNKNOWN, name, target, shape)
    fit = _fit(ours, tuple(own[target].shape))
    return KeyFate(CONVERTED if fit == LOADED and ours is not value else fit, name, target, shape)


def _fit(value: Tensor, shape: tuple[int, ...]) -> str:
    if tuple(value.shape) == shape:
        return LOADED
    try:
        from_spconv(value, shape)
    except (CheckpointError, ValueError):  # a shape without a kernel cannot be taken apart
        return MISFIT
    return RESHAPED


def _lack(name: str, whole: bool) -> str:
    if whole and name.startswith(UNPUBLISHED):
        return NEW
    return UNCOUNTED if name.endswith('num_batches_tracked') else MISSING


def load_backbone(unet: nn.Module, path: str | Path) -> list[str]:
    """Fill the sparse network from a file of SSTNet, OneFormer3D or UniSeg3D; returns the names of all else in it."""
    weights = load_weights(path).state_dict
    inside = [name for name in weights if name.startswith((*BACKBONE, MINKOWSKI))]
    entries = dict(own_entry(name, weights[name]) for name in inside)
    backbone = {name.removeprefix(OWN_BACKBONE): value for name, value in entries.items()}
    mismatch = apply_weights(unet, backbone, allow_mismatch=True) if backbone else 'it has none of these weights'
    if mismatch:
        raise CheckpointError(f'{path} does not hold the sparse U-Net of SSTNet, OneFormer3D or UniSeg3D: {mismatch}')
    return [name for name in weights if name not in inside]
