"""The model that a file of DUSt3R or MASt3R was made for, from the constructor call among its training arguments."""

import re
from collections.abc import Mapping
from typing import Any

from uniseg3d.models.heads.dpt import PATCH
from uniseg3d.models.heads.pointmap import POINTS
from uniseg3d.utils.constructor_text import parse_constructor
from uniseg3d.utils.errors import CheckpointError

CLASSES = ('AsymmetricCroCo3DStereo', 'AsymmetricMASt3R')
INF = float('inf')
# What a file may say about its model, and what is meant where it says nothing.
SIZES = {
    'enc_embed_dim': 1024, 'enc_depth': 24, 'enc_num_heads': 16, 'dec_embed_dim': 768, 'dec_depth': 12, 'dec_num_heads': 12,
    'mlp_ratio': 4, 'patch_size': 16,
}  # fmt: skip
TEXTS = {'pos_embed': 'RoPE100', 'head_type': 'linear', 'output_mode': 'pts3d', 'patch_embed_cls': 'PatchEmbedDust3R'}
PATCH_EMBEDS = {'PatchEmbedDust3R': {'type': 'PatchEmbed'}, 'ManyAR_PatchEmbed': {'type': 'ManyAspectPatchEmbed'}}
MODES = {'depth_mode': ('exp', -INF, INF), 'conf_mode': ('exp', 1, INF)}
IRRELEVANT = ('img_size', 'landscape_only', 'freeze', 'two_confs', 'desc_conf_mode', 'desc_mode')
LARGEST = 16384  # a file that states more would exhaust the machine before its weights are found not to fit


def model_config(args: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Config of the model that ``args`` describe; the call is parsed and never run. ``source`` is for messages."""
    if 'model' not in args:
        raise CheckpointError(f'{source} does not say what model it was made for (args.model); name a config')
    source = f'{source}: args.model'
    stated = parse_constructor(args['model'], CLASSES, source)
    known = (*SIZES, *TEXTS, *MODES, *IRRELEVANT)
    unknown = sorted(stated.kwargs.keys() - set(known))
    if stated.args or unknown:
        raise CheckpointError(f'{source} gives {", ".join(unknown) or "values without names"}; expected {", ".join(known)}')
    said = {**SIZES, **TEXTS, **MODES, **stated.kwargs}
    _check(said, source)
    return _model(said, source)


def _check(said: Mapping[str, Any], source: str) -> None:
    for name in SIZES:
        kind = int | float if name == 'mlp_ratio' else int
        if not isinstance(said[name], kind) or not 0 < said[name] <= LARGEST:
            raise CheckpointError(f'{source} gives {name}={said[name]!r}; expected a number from 1 to {LARGEST}')
    fits = {name: isinstance(said[name], str) for name in TEXTS}
    fits['patch_embed_cls'] = said['patch_embed_cls'] in list(PATCH_EMBEDS)
    fits['depth_mode'] = said['depth_mode'] in [(points, -INF, INF) for points in POINTS]
    fits['conf_mode'] = said['conf_mode'] in [('exp', least, INF) for least in (0, 1)]
    for name, fit in fits.items():
        if not fit:
            raise CheckpointError(f'{source} gives {name}={said[name]!r}; expected the like of {({**TEXTS, **MODES})[name]!r}')


def _model(said: Mapping[str, Any], source: str) -> dict[str, Any]:
    dims = said['enc_embed_dim'], said['dec_embed_dim']
    head, common = _head(said, dims, source), {'mlp_ratio': said['mlp_ratio'], 'rope': said['pos_embed']}
    embed = {**PATCH_EMBEDS[said['patch_embed_cls']], 'dim': dims[0], 'patch': said['patch_size']}
    encoder = {'type': 'ViTEncoder', 'patch_embed': embed, 'depth': said['enc_depth'], 'heads': said['enc_num_heads']}
    decoder = {'type': 'PairwiseDecoder', 'in_dim': dims[0], 'dim': dims[1], 'depth': said['dec_depth']}
    decoder['heads'] = said['dec_num_heads']
    return {'type': 'DUSt3R', 'encoder': encoder | common, 'decoder': decoder | common, 'heads': [head, dict(head)]}


def _head(said: Mapping[str, Any], dims: tuple[int, int], source: str) -> dict[str, Any]:
    kind, patch, depth = said['head_type'], said['patch_size'], said['dec_depth']
    common = {'points': said['depth_mode'][0], 'least_confidence': float(said['conf_mode'][1])}
    if kind == 'linear':
        return {'type': 'LinearPointmapHead', 'dim': dims[1], 'patch': patch, **common}
    if patch != PATCH:
        raise CheckpointError(f'{source} gives patch_size={patch}; the head {kind!r} is made for {PATCH}')
    hooks = (0, depth * 2 // 4, depth * 3 // 4, depth)
    trunk = {'type': 'DPT', 'widths': (dims[0], *[dims[1]] * 3), 'hooks': hooks}
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
