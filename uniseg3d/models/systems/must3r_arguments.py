"""The model that a file of MUSt3R was made for, from the constructor calls among its training arguments."""

from collections.abc import Mapping
from typing import Any

from uniseg3d.utils.constructor_text import parse_constructor
from uniseg3d.utils.errors import CheckpointError

ENCODERS, DECODERS = ('Dust3rEncoder',), ('MUSt3R', 'CausalMUSt3R')
# What a call may say about the sizes of its part, and what is meant where it says nothing; then other things, and what may
# be said of each; then what has no meaning for what the weights are.
COMMON = {'mlp_ratio': 4, 'patch_size': 16}
ENCODER_SIZES = {'embed_dim': 1024, 'depth': 24, 'num_heads': 16, **COMMON}
DECODER_SIZES = {'enc_embed_dim': 1024, 'embed_dim': 768, 'depth': 12, 'num_heads': 12, **COMMON}
PATCH_EMBEDS = {'PatchEmbedDust3R': 'PatchEmbed', 'ManyAR_PatchEmbed': 'ManyAspectPatchEmbed'}
FEEDBACKS = {None: False, 'single_mlp': True}
FORMS = {'norm_y': 'normalized', 'kv': 'keys_values', 'raw': 'raw'}
IRRELEVANT = ('img_size', 'landscape_only', 'mem_dropout', 'dropout_mode', 'use_mem_mask', 'use_xformers_mask')
LARGEST = 16384  # a file that states more would exhaust the machine before its weights are found not to fit


def model_config(args: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Config of the model that ``args`` describe; the calls are parsed and never run. ``source`` is for messages."""
    missing = [name for name in ('encoder', 'decoder') if name not in args]
    if missing:
        raise CheckpointError(f'{source} does not say what model it was made for (args.{missing[0]}); name a config')
    encoder = encoder_config(args['encoder'], f'{source}: args.encoder')
    decoder = decoder_config(args['decoder'], f'{source}: args.decoder')
    head = {'type': 'TwoFrameHead', 'dim': decoder['dim'], 'patch': encoder['patch_embed']['patch']}
    return {'type': 'MUSt3R', 'encoder': encoder, 'decoder': decoder, 'head': head, 'exact_encoder': True}


def encoder_config(text: str, source: str) -> dict[str, Any]:
    """Of the encoder that the constructor call ``text`` describes."""
    said = _said(text, ENCODERS, ENCODER_SIZES, {'patch_embed': PATCH_EMBEDS}, source)
    embed = {'type': PATCH_EMBEDS[said['patch_embed']], 'dim': said['embed_dim'], 'patch': said['patch_size']}
    return {'type': 'ViTEncoder', 'patch_embed': embed, **_common(said)}


def decoder_config(text: str, source: str) -> dict[str, Any]:
    """Of the decoder that the constructor call ``text`` describes; what holds in training only is left out."""
    choices: dict[str, Mapping[Any, Any]] = {'feedback_type': FEEDBACKS, 'memory_mode': FORMS}
    said = _said(text, DECODERS, DECODER_SIZES, choices, source)
    sizes = {'in_dim': said['enc_embed_dim'], 'dim': said['embed_dim'], **_common(said)}
    kind = {'feedback': FEEDBACKS[said['feedback_type']], 'form': FORMS[said['memory_mode']]}
    return {'type': 'MemoryDecoder', **sizes, **kind}


def _common(said: Mapping[str, Any]) -> dict[str, Any]:
    return {'depth': said['depth'], 'heads': said['num_heads'], 'mlp_ratio': said['mlp_ratio'], 'rope': said['pos_embed']}


def _said(
    text: str, classes: tuple[str, ...], sizes: Mapping[str, Any], choices: Mapping[str, Mapping[Any, Any]], source: str
) -> dict[str, Any]:
    """What a call says or means, checked."""
    stated = parse_constructor(text, classes, source)
    known = (*sizes, *choices, 'pos_embed', *IRRELEVANT)
    unknown = sorted(stated.kwargs.keys() - set(known))
    if stated.args or unknown:
        raise CheckpointError(f'{source} gives {", ".join(unknown) or "values without names"}; expected {", ".join(known)}')
    said = {**sizes, **{name: next(iter(values)) for name, values in choices.items()}, 'pos_embed': 'RoPE100', **stated.kwargs}
    for name in sizes:
        kind = int | float if name == 'mlp_ratio' else int
        if not isinstance(said[name], kind) or not 0 < said[name] <= LARGEST:
            raise CheckpointError(f'{source} gives {name}={said[name]!r}; expected a number from 1 to {LARGEST}')
    for name, values in choices.items():
        if said[name] not in list(values):
            raise CheckpointError(f'{source} gives {name}={said[name]!r}; expected one of {", ".join(map(repr, values))}')
    if not isinstance(said['pos_embed'], str):
        raise CheckpointError(f'{source} gives pos_embed={said["pos_embed"]!r}; expected the like of RoPE100')
    return said
