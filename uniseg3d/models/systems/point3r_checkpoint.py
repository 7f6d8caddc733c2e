"""Released weights of Point3R, and those of DUSt3R that it starts from, under the names of our model."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from uniseg3d.models.decoders import pointer_encoder, pose_memory, two_stream
from uniseg3d.models.encoders import vit
from uniseg3d.models.heads import dpt, point3r
from uniseg3d.utils.errors import CheckpointError
from uniseg3d.utils.key_fates import KeyFate, renamed_fates
from uniseg3d.utils.renaming import rename
from uniseg3d.utils.weights import apply_weights, load_weights

PARTS: dict[str, Any] = {
    'encoder': vit,
    'decoder': two_stream,
    'pose_memory': pose_memory,
    'pointer_encoder': pointer_encoder,
}
HEAD = 'downstream_head.'
PUBLISHED = 'enc_blocks.'  # a name that begins so is the original's
ALIAS = '.scratch.layer_rn.'  # the same tensors as scratch.layer1_rn to layer4_rn
# What DUSt3R calls the parts that became Point3R's; all others have the same names.
FROM_DUST3R = {
    r'dec_blocks2\.': 'dec_blocks_memory.',
    r'downstream_head1\.dpt\.': 'downstream_head.dpt_self.',
    r'downstream_head2\.dpt\.': 'downstream_head.dpt_cross.',
    r'(?=patch_embed\.|enc_|dec_|decoder_embed\.)': '',
}
# The same of a DUSt3R that was trained here.
FROM_OUR_DUST3R = {
    r'decoder\.other_blocks\.': 'decoder.memory_blocks.',
    r'heads\.0\.': 'head.local.',
    r'heads\.1\.': 'head.world.',
    r'(?=encoder\.|decoder\.)': '',
}
# The same where images are placed beside each other, as the second one of a pair is: its stream becomes that of the frames.
FROM_PLACING_DUST3R = {
    r'decoder\.other_blocks\.': 'decoder.blocks.',
    r'decoder\.blocks\.': 'decoder.memory_blocks.',
    r'heads\.1\.': 'head.',
    r'(?=encoder\.|decoder\.|placing\.)': '',
}
DUST3R_UNUSED = ('mask_token', 'heads.0.')  # of files, and of those that place images
# Our names of all that DUSt3R does not have.
FRESH = ('pose_memory.', 'pointer_encoder.', 'head.pose.', 'head.blocks.')
# Ours of which a DUSt3R that was trained here may have another kind.
CHOSEN = ('head.local.', 'head.world.', 'pointer_encoder.patch_embed.')


def remap_keys(weights: Mapping[str, Any]) -> dict[str, Any]:
    """Published ``weights`` under our names, without those that the model has no use for."""
    renamed: dict[str, Any] = {}
    for part, module in PARTS.items():
        renamed |= {f'{part}.{name}': value for name, value in module.remap_keys(weights).items()}
    head = point3r.remap_keys(rename(weights, {r'downstream_head\.': ''}))
    return renamed | {f'head.{name}': value for name, value in head.items()}


def unneeded_names(weights: Iterable[str]) -> set[str]:
    """Published entries that are given twice, or that nothing ever reads."""
    found = {name for name in weights if ALIAS in name or f'.{dpt.IDLE}' in name}
    return found | two_stream.idle_names(weights)


def adapt_published(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """``weights`` under our names; those that have them pass as they are, and so do unknown ones, for the loader to refuse."""
    if not any(name.startswith(PUBLISHED) for name in weights):
        return dict(weights)
    sources = published_names(weights)
    left = weights.keys() - sources.values() - unneeded_names(weights)
    return {own: weights[name] for own, name in sources.items()} | {name: weights[name] for name in sorted(left)}


def key_fates(weights: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> list[KeyFate]:
    """What becomes of every published weight, then what the model gets none for."""
    return renamed_fates(weights, own, published_names(weights), unneeded_names(weights))


def published_names(weights: Iterable[str]) -> dict[str, str]:
    """The published name behind each of ours."""
    return remap_keys({name: name for name in weights})


def from_dust3r(weights: Mapping[str, Any]) -> dict[str, Any]:
    """What Point3R takes of DUSt3R's ``weights``, under Point3R's published names.

    The stream of the second image becomes that of the memory; a file without one gives a copy of the first. The pointers'
    patches start as those of the image.
    """
    found = rename(weights, FROM_DUST3R)
    if not any(name.startswith('dec_blocks_memory.') for name in found):
        found |= rename(found, {r'dec_blocks\.': 'dec_blocks_memory.'})
    return found | rename(found, {r'patch_embed\.': 'pts_patch_embed.'})


def from_our_dust3r(weights: Mapping[str, Any]) -> dict[str, Any]:
    """The same from a DUSt3R under the names of this package to a Point3R under them."""
    found = rename(weights, _our_rules(weights))
    last = max((int(name.split('.')[2]) for name in found if name.startswith('decoder.blocks.')), default=0)
    read = {name: value for name, value in found.items() if not name.startswith(f'decoder.memory_blocks.{last}.')}
    return read | rename(found, {r'encoder\.patch_embed\.': 'pointer_encoder.patch_embed.'})


def _our_rules(weights: Iterable[str]) -> dict[str, str]:
    return FROM_PLACING_DUST3R if any(name.startswith('placing.') for name in weights) else FROM_OUR_DUST3R


def load_dust3r(model: nn.Module, path: str | Path) -> list[str]:
    """Fill what DUSt3R and Point3R share from DUSt3R's file, or one of ours; returns the names of what stays as it starts.

    Heads of another kind than those of a DUSt3R that was trained here start anew. Anything else that differs is an error:
    what DUSt3R lacks is known.
    """
    weights = load_weights(path).state_dict
    published = any(name.startswith(PUBLISHED) for name in weights)
    convert, rules = (from_dust3r, FROM_DUST3R) if published else (from_our_dust3r, _our_rules(weights))
    found = convert(weights)
    other = () if published else tuple(part for part in CHOSEN if _names(found, part) != _names(model.state_dict(), part))
    shared = {name: value for name, value in found.items() if not name.startswith(other)}
    mismatch = apply_weights(model, shared, allow_mismatch=True)
    taken = rename({name: name for name in weights}, rules).values()
    left = weights.keys() - taken
    mismatch.unexpected += sorted(name for name in left if not name.startswith(DUST3R_UNUSED))
    fresh = [name for name in mismatch.missing if name.startswith(FRESH + other)]
    mismatch.missing = [name for name in mismatch.missing if not name.startswith(FRESH + other)]
    if mismatch:
        raise CheckpointError(f'{path} holds no DUSt3R that this model could start from: {mismatch}')
    return fresh


def _names(weights: Iterable[str], part: str) -> set[str]:
    return {name for name in weights if name.startswith(part)}
