"""Released weights of MUSt3R, and those of DUSt3R that it starts from, under the names of our model."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from uniseg3d.models.decoders import memory, pairwise
from uniseg3d.models.encoders import vit
from uniseg3d.models.heads import two_frames
from uniseg3d.utils.errors import CheckpointError
from uniseg3d.utils.key_fates import KeyFate, renamed_fates
from uniseg3d.utils.renaming import Value, rename
from uniseg3d.utils.weights import apply_weights, load_weights

PARTS: dict[str, Any] = {'encoder': vit, 'decoder': memory, 'head': two_frames}
PUBLISHED = ('blocks_enc.', 'blocks_dec.')  # a name that has one of these is the original's
# What MUSt3R does not have of DUSt3R, whose two images have decoders of their own, and what DUSt3R does not have.
# What one that places images has: the second image's stream becomes that of all views, which are placed as it is.
FROM_PLACING_DUST3R = {
    r'decoder\.other_blocks\.': 'decoder.blocks.',
    r'decoder\.(?=embed|norm)': 'decoder.',
    r'heads\.1\.': 'head.local.',
    r'placing\.': 'head.placing.',
    r'(?=encoder\.)': '',
}
LEFT, FRESH = ('decoder.other_blocks.', 'heads.'), ('decoder.later_embed', 'decoder.feedback', 'head.')


def remap_keys(weights: Mapping[str, Value]) -> dict[str, Value]:
    """Published ``weights``, with or without the part of the file that they lie in, under our names."""
    bare = {re.sub(r'^(must3r_)?(encoder|decoder)\.', '', name): value for name, value in weights.items()}
    parts = ((part, module.remap_keys(bare)) for part, module in PARTS.items())
    return {f'{part}.{name}': value for part, found in parts for name, value in found.items()}


def adapt_published(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """``weights`` under our names; those that have them pass as they are, and so do unknown ones, for the loader to refuse."""
    if not any(part in name for name in weights for part in PUBLISHED):
        return dict(weights)
    sources = published_names(weights)
    left = sorted(weights.keys() - sources.values())
    return {own: weights[name] for own, name in sources.items()} | {name: weights[name] for name in left}


def key_fates(weights: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> list[KeyFate]:
    """What becomes of every published weight, then what the model gets none for."""
    return renamed_fates(weights, own, published_names(weights), ())


def published_names(weights: Iterable[str]) -> dict[str, str]:
    """The published name behind each of ours."""
    return remap_keys({name: name for name in weights})


def from_dust3r(weights: Mapping[str, Value]) -> dict[str, Value]:
    """What MUSt3R takes of a DUSt3R, published or trained here, under our names: the encoder and the first image's decoder."""
    if any(name.startswith('placing.') for name in weights):
        return rename(weights, FROM_PLACING_DUST3R)
    if any(name.startswith('enc_blocks.') for name in weights):
        encoder, decoder = vit.remap_keys(weights), pairwise.remap_keys(weights)
    else:
        encoder, decoder = (rename(weights, {rf'{part}\.': ''}) for part in ('encoder', 'decoder'))
    found = {
        f'{part}.{name}': value for part, named in (('encoder', encoder), ('decoder', decoder)) for name, value in named.items()
    }
    return {name: value for name, value in found.items() if not name.startswith(LEFT)}


def load_dust3r(model: nn.Module, path: str | Path) -> list[str]:
    """Fill what DUSt3R and MUSt3R share from DUSt3R's file, or one of ours; returns the names of what stays as it starts."""
    mismatch = apply_weights(model, from_dust3r(load_weights(path).state_dict), allow_mismatch=True)
    fresh = [name for name in mismatch.missing if name.startswith(FRESH)]
    mismatch.missing = [name for name in mismatch.missing if not name.startswith(FRESH)]
    if mismatch:
        raise CheckpointError(f'{path} holds no DUSt3R that this model could start from: {mismatch}')
    return fresh
