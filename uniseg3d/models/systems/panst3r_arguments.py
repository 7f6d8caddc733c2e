"""The model that a file of PanSt3R was made for, from the constructor calls among its training arguments."""

from collections.abc import Mapping, Sequence
from typing import Any

from uniseg3d.utils.artefacts import find_artefact
from uniseg3d.utils.constructor_text import Constructor, parse_constructor
from uniseg3d.utils.errors import CheckpointError

# What each text among the arguments may call, and what may be stated there; the values are what is meant where nothing is.
CALLS: dict[str, dict[str, Any]] = {
    'Dust3rEncoder': {'patch_embed': 'PatchEmbedDust3R', 'pos_embed': 'RoPE100'},
    'MUSt3R': {'feedback_type': None, 'memory_mode': 'norm_y', 'pos_embed': 'RoPE100'},
    'DinoV2Encoder': {},
    'PanopticDecoder': {
        'upscaler': None, 'input_mixer': None, 'label_mode': 'sigmoid', 'text_encoder': 'siglip', 'mask_dim': 256,
        'two_stage': False,
    },
    'PixelShuffleUpscaler': {'input_dim': 2816},
    'LoftUpUpscaler': {'input_dim': 768, 'dim': 384, 'output_stride': 2, 'patch_size': 16},
    'InputMixer': {'patch_size': 16, 'in_dim': 2816, 'hidden_dim': 768, 'num_heads': 12, 'num_layers': 3, 'ff_dim_mult': 4},
}  # fmt: skip
TEXTS = {
    'must3r_encoder': ('Dust3rEncoder',),
    'must3r_decoder': ('MUSt3R', 'CausalMUSt3R'),
    'dino_encoder': ('DinoV2Encoder',),
    'panoptic_decoder': ('PanopticDecoder', 'PixelShuffleUpscaler', 'LoftUpUpscaler', 'InputMixer'),
}
IRRELEVANT = ('img_size', 'landscape_only')  # images of any size stay upright
FORMS = {'norm_y': 'normalized', 'kv': 'keys_values', 'raw': 'raw'}
# The only values for which there is a part here.
EXPECTED: dict[str, Sequence[Any]] = {
    'patch_embed': ('PatchEmbedDust3R', 'ManyAR_PatchEmbed'), 'feedback_type': (None, 'single_mlp'),
    'memory_mode': tuple(FORMS), 'label_mode': ('sigmoid',), 'text_encoder': ('siglip',),
    'two_stage': (False,), 'output_stride': (2,), 'patch_size': (16,),
}  # fmt: skip
LARGEST = 16384  # a file that states more would exhaust the machine before its weights are found not to fit


def model_config(args: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Config of the model that ``args`` describe; the calls are parsed and never run. ``source`` is for messages."""
    missing = [name for name in TEXTS if name not in args]
    if missing:
        raise CheckpointError(f'{source} does not say what model it was made for (args.{missing[0]}); name a config')
    encoder, decoder, _, panoptic = (
        _stated(parse_constructor(args[name], calls, f'{source}: args.{name}'), f'{source}: args.{name}')
        for name, calls in TEXTS.items()
    )
    memory = {'feedback': decoder['feedback_type'] is not None, 'form': FORMS[decoder['memory_mode']]}
    merge = args.get('postprocess_default', 'standard_v2')
    return {
        'type': 'PanSt3R',
        'encoder': {'type': 'ViTEncoder', 'patch_embed': {'type': 'PatchEmbed', 'dim': 1024}, 'rope': encoder['pos_embed']},
        'decoder': {'type': 'MemoryDecoder', 'rope': decoder['pos_embed'], **memory},
        'head': {'type': 'TwoFrameHead'},
        'image_encoder': {'type': 'DINOv2'},
        'panoptic': _panoptic(panoptic, f'{source}: args.panoptic_decoder'),
        'class_text': siglip_classes(),
        'merge': merge if isinstance(merge, str) else 'standard_v2',
    }


def siglip_classes() -> dict[str, Any]:
    """Config of the text encoder that all releases use, whose files belong to work_dirs/pretrained."""
    tower = {'type': 'SiglipText', 'weights': str(find_artefact('siglip').path())}
    return {'type': 'ClassText', 'tower': tower, 'tokenizer': str(find_artefact('siglip-tokens').path())}


def _stated(call: Constructor, source: str) -> dict[str, Any]:
    """All that ``call`` means, every value checked; calls inside it stay."""
    known = CALLS[call.name.removeprefix('Causal')]
    given = dict(zip(known, call.args, strict=False)) | call.kwargs
    unknown = sorted(given.keys() - known.keys() - set(IRRELEVANT))
    if unknown or len(call.args) > len(known):
        raise CheckpointError(
            f'{source}: {call.name} gives {", ".join(unknown) or "too many values"}; expected {", ".join(known)}'
        )
    for name, value in given.items():
        allowed = EXPECTED.get(name)
        number = isinstance(known.get(name), int) and allowed is None
        if (allowed is not None and value not in allowed) or (number and not _is_size(value)):
            wanted = ' or '.join(map(repr, allowed)) if allowed else f'a number from 1 to {LARGEST}'
            raise CheckpointError(f'{source}: {call.name} gives {name}={value!r}; expected {wanted}')
    return {**known, **given}


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST


def _panoptic(said: Mapping[str, Any], source: str) -> dict[str, Any]:
    upscaler, mixer = said['upscaler'], said['input_mixer']
    found: dict[str, Any] = {'type': 'PanopticDecoder', 'class_head': {'type': 'TextClassHead'}, 'pixel_dim': said['mask_dim']}
    if isinstance(mixer, Constructor) and mixer.name == 'InputMixer':
        mix = _stated(mixer, source)
        found['mixer'] = {
            'type': 'InputMixer', 'in_dim': mix['in_dim'], 'dim': mix['hidden_dim'], 'heads': mix['num_heads'],
            'layers': mix['num_layers'], 'mlp_ratio': mix['ff_dim_mult'],
        }  # fmt: skip
    elif mixer is not None:
        raise CheckpointError(f'{source} gives input_mixer={mixer!r}; expected None or InputMixer(...)')
    if not isinstance(upscaler, Constructor) or upscaler.name not in ('PixelShuffleUpscaler', 'LoftUpUpscaler'):
        raise CheckpointError(
            f'{source} gives upscaler={upscaler!r}; expected PixelShuffleUpscaler(...) or LoftUpUpscaler(...)'
        )
    up = _stated(upscaler, source)
    kind = {'type': 'PixelShuffleUpscaler'} if 'dim' not in up else {'type': 'LoftUp', 'dim': up['dim']}
    return found | {'upscaler': kind | {'in_dim': up['input_dim']}}
