"""Released weights of DUSt3R and MASt3R under the names of our model."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from uniseg3d.models.decoders import pairwise
from uniseg3d.models.encoders import vit
from uniseg3d.models.heads import descriptor, dpt, pointmap
from uniseg3d.utils.key_fates import KeyFate, renamed_fates
from uniseg3d.utils.renaming import Value, rename

HEADS = ('downstream_head1.', 'downstream_head2.')
UNUSED = 'mask_token'  # of the training that came before DUSt3R


def is_published(weights: Mapping[str, Any]) -> bool:
    """Whether a state dict has the originals' names."""
    return any(name.startswith((*HEADS, 'enc_blocks.')) for name in weights)


def remap_keys(weights: Mapping[str, Value]) -> dict[str, Value]:
    """Published ``weights`` under our names, without those that the model has no use for."""
    renamed = {f'encoder.{name}': value for name, value in vit.remap_keys(weights).items()}
    renamed |= {f'decoder.{name}': value for name, value in pairwise.remap_keys(weights).items()}
    for index, prefix in enumerate(HEADS):
        head = rename(weights, {prefix.replace('.', r'\.'): ''})
        matches = any(name.startswith('head_local_features.') for name in head)
        inside = (descriptor if matches else pointmap).remap_keys(head)
        renamed |= {f'heads.{index}.{name}': value for name, value in inside.items()}
    return renamed


def unneeded_names(weights: Mapping[str, Any]) -> list[str]:
    """Published entries that are given twice, or that nothing ever used."""
    return [name for name in weights if name == UNUSED or any(part in name for part in ('.layer_rn.', f'.{dpt.IDLE}'))]


def adapt_published(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """``weights`` under our names; those that have them pass as they are, and so do unknown ones, for the loader to refuse."""
    if not is_published(weights):
        return dict(weights)
    names = remap_keys({name: name for name in weights})
    left = weights.keys() - names.values() - set(unneeded_names(weights))
    return {own: weights[name] for own, name in [*names.items(), *((name, name) for name in sorted(left))]}


def key_fates(weights: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> list[KeyFate]:
    """What becomes of every published weight, then what the model gets none for."""
    return renamed_fates(weights, own, remap_keys({name: name for name in weights}), unneeded_names(weights))
