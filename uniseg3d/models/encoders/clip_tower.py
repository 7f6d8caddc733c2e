"""Text towers of OpenCLIP, built and filled without their vision towers."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from uniseg3d.utils.errors import CheckpointError, ConfigError
from uniseg3d.utils.mmengine_compat import import_open_clip
from uniseg3d.utils.weights import apply_weights, load_weights

# Where files keep the tower: OpenCLIP's two model classes, UniSeg3D's checkpoints, ours. The first of all has no prefix.
PREFIXES = ('text.', 'lang.text_encoder.', 'text_encoder.tower.')
STRANGERS = ('visual.', 'logit_scale', 'logit_bias')
MASKS = ('attn_mask', 'text_attn_mask')  # some files hold the causal mask, which a tower makes itself
ORIGINAL_NAMES = {
    'text_pe': 'positional_embedding',
    'text_proj': 'text_projection',
    'text_token_embedding': 'token_embedding',
    'text_transformer': 'transformer',
    'text_ln_final': 'ln_final',
}


def tower_config(tower: str | Mapping[str, Any]) -> dict[str, Any]:
    """Sizes as OpenCLIP writes them (``embed_dim``, ``text_cfg``, ``quick_gelu``), of a model name or given."""
    open_clip = import_open_clip()
    config = open_clip.get_model_config(tower) if isinstance(tower, str) else dict(tower)
    if config is None:
        near = difflib.get_close_matches(str(tower), open_clip.list_models(), n=3) or ['convnext_large_d_320']
        raise ConfigError(f'open_clip has no model {tower!r}; did you mean {", ".join(near)}?')
    if not {'embed_dim', 'text_cfg'} <= config.keys():
        raise ConfigError(f'a text tower is given by {", ".join(config)}; expected a name, or embed_dim and text_cfg')
    tokens = config['text_cfg'].get('hf_tokenizer_name') or config['text_cfg'].get('hf_model_name')
    if tokens:
        raise ConfigError(f"the text tower of {tower} reads tokens of {tokens}; choose a model that reads CLIP's own")
    return config


def build_tower(tower: str | Mapping[str, Any]) -> nn.Module:
    """The tower with random weights, frozen."""
    config = tower_config(tower)
    from open_clip.model import _build_text_tower  # what OpenCLIP's own models call

    built = _build_text_tower(config['embed_dim'], dict(config['text_cfg']), config.get('quick_gelu', False))
    return built.eval().requires_grad_(False)


def is_causal(tower: nn.Module) -> bool:
    """Whether words see only those before them and the end token speaks for all, so that what follows it is idle."""
    plain = isinstance(tower.text_projection, Tensor) and tower.cls_emb is None
    return plain and tower.attn_mask is not None and tower.pool_type == 'argmax'


def fill_tower(tower: nn.Module, path: str | Path) -> None:
    """Load the tower from a file of OpenCLIP, of a whole UniSeg3D model, or of the tower alone."""
    if not Path(path).expanduser().is_file():
        raise CheckpointError(
            f'the weights {path} of the text tower do not exist; get them with tools/download.py clip-convnext-large, '
            'or set text_encoder.weights=None where load_from brings the tower'
        )
    mismatch = apply_weights(tower, tower_weights(load_weights(path).state_dict), allow_mismatch=True)
    if mismatch:
        raise CheckpointError(f'{path} does not hold this text tower: {mismatch}; take the file of the model named as tower')


def tower_weights(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tower's part of ``state``, under the tower's own names."""
    prefix = next((p for p in PREFIXES if any(name.startswith(p) for name in state)), '')
    part = {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
    return {original_name(name): value for name, value in part.items() if name not in MASKS and not name.startswith(STRANGERS)}


def original_name(name: str) -> str:
    """The tower's name of a parameter that UniSeg3D calls ``name``."""
    first, *rest = name.split('.')
    return '.'.join([ORIGINAL_NAMES.get(first, first), *rest])
