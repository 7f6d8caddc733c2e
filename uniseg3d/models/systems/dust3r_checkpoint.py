"""Released weights of DUSt3R and MASt3R under the names of our model, and the model that a file was made for."""

import re
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from uniseg3d.models.decoders import pairwise
from uniseg3d.models.encoders import vit
from uniseg3d.models.heads import descriptor, dpt, pointmap
from uniseg3d.utils.constructor_text import parse_constructor
from uniseg3d.utils.errors import CheckpointError
from uniseg3d.utils.key_fates import KeyFate, renamed_fates
from uniseg3d.utils.renaming import Value, rename

HEADS = ('downstream_head1.', 'downstream_head2.')
UNUSED = 'mask_token'  # of the training that came before DUSt3R
CLASSES = ('AsymmetricCroCo3DStereo', 'AsymmetricMASt3R')
# What a file may say about its model, and what is meant where it says nothing.
SIZES = {
    'enc_embed_dim': 1024, 'enc_depth': 24, 'enc_num_heads': 16, 'dec_embed_dim': 768, 'dec_depth': 12, 'dec_num_heads': 12,
    'mlp_ratio': 4, 'patch_size': 16,
}  # fmt: skip
MODES: dict[str, Any] = {
    'pos_embed': 'RoPE100', 'head_type': 'linear', 'output_mode': 'pts3d',
    'depth_mode': ('exp', -float('inf'), float('inf')), 'conf_mode': ('exp', 1, float('inf')),
}  # fmt: skip
IRRELEVANT = ('img_size', 'patch_embed_cls', 'landscape_only', 'freeze', 'two_confs', 'desc_conf_mode', 'desc_mode')
LARGEST = 16384  # a file that states more would exhaust the machine before it is refused


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


def model_config(args: Mapping[str, Any], source: str) -> dict[str, Any]:
    """The config of the model that a file's ``args`` describe by a constructor call, which is parsed and never run."""
    if 'model' not in args:
        raise CheckpointError(f'{source} does not say what model it was made for (args.model); name a config')
    source = f'{source}: args.model'
    stated = parse_constructor(args['model'], CLASSES, source)
    known = (*SIZES, *MODES, *IRRELEVANT)
    unknown = sorted(stated.kwargs.keys() - set(known))
    if stated.args or unknown:
        raise CheckpointError(f'{source} gives {", ".join(unknown) or "values without names"}; expected {", ".join(known)}')
    said = {**SIZES, **MODES, **stated.kwargs}
    _check(said, source)
    return _model(said, source)


def _check(said: Mapping[str, Any], source: str) -> None:
    for name in SIZES:
        kind = int | float if name == 'mlp_ratio' else int
        if not isinstance(said[name], kind) or not 0 < said[name] <= LARGEST:
            raise CheckpointError(f'{source} gives {name}={said[name]!r}; expected a number from 1 to {LARGEST}')
    for name, default in MODES.items():
        if type(said[name]) is not type(default) or (isinstance(default, tuple) and len(said[name]) != len(default)):
            raise CheckpointError(f'{source} gives {name}={said[name]!r}; expected the like of {default!r}')


def _model(said: Mapping[str, Any], source: str) -> dict[str, Any]:
    dims = said['enc_embed_dim'], said['dec_embed_dim']
    head, common = _head(said, dims, source), {'mlp_ratio': said['mlp_ratio'], 'rope': said['pos_embed']}
    embed = {'type': 'PatchEmbed', 'dim': dims[0], 'patch': said['patch_size']}
    encoder = {'type': 'ViTEncoder', 'patch_embed': embed, 'depth': said['enc_depth'], 'heads': said['enc_num_heads']}
    decoder = {'type': 'PairwiseDecoder', 'in_dim': dims[0], 'dim': dims[1], 'depth': said['dec_depth']}
    decoder['heads'] = said['dec_num_heads']
    return {'type': 'DUSt3R', 'encoder': encoder | common, 'decoder': decoder | common, 'heads': [head, dict(head)]}


def _head(said: Mapping[str, Any], dims: tuple[int, int], source: str) -> dict[str, Any]:
    kind, patch, depth = said['head_type'], said['patch_size'], said['dec_depth']
    common = {'points': said['depth_mode'][0], 'least_confidence': float(said['conf_mode'][1])}
    if kind == 'linear':
        return {'type': 'LinearPointmapHead', 'dim': dims[1], 'patch': patch, **common}
    hooks = (0, depth * 2 // 4, depth * 3 // 4, depth)
    trunk = {'type': 'DPT', 'widths': (dims[0], *[dims[1]] * 3), 'hooks': hooks, 'patch': patch}
    head = {'type': 'DPTPointmapHead', 'dpt': trunk, **common}
    if kind == 'dpt':
        return head
    described = re.fullmatch(r'pts3d\+desc(\d{1,4})', said['output_mode'])
    if kind == 'catmlp+dpt' and described:
        return {'type': 'DescriptorHead', 'pointmap': head, 'dims': dims, 'features': int(described[1]), 'patch': patch}
    raise CheckpointError(
        f'{source} asks for the head {kind!r} with output {said["output_mode"]!r}; expected linear, dpt, or catmlp+dpt with '
        'pts3d+desc24'
    )
