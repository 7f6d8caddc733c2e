"""Released weight files in our own names, with an account of every entry."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from uniseg3d.apis.reconstruction_models import stated_model
from uniseg3d.engine.config import load_config
from uniseg3d.engine.resume import existing_weights
from uniseg3d.models.systems import (
    dust3r_checkpoint,
    must3r_checkpoint,
    panst3r_checkpoint,
    point3r_checkpoint,
    siu3r_checkpoint,
)
from uniseg3d.models.systems.uniseg3d_checkpoint import (
    CONVERTED,
    MINKOWSKI,
    NEW,
    RESHAPED,
    is_oneformer3d,
    key_fates,
    load_backbone,
)
from uniseg3d.registry import MODELS
from uniseg3d.utils.errors import CheckpointError, ConfigError
from uniseg3d.utils.files import atomic_path
from uniseg3d.utils.key_fates import LOADED, UNNEEDED, KeyFate
from uniseg3d.utils.weights import WeightFile, apply_weights, load_weights

DEFAULT_CONFIG = 'configs/uniseg3d_1xb4_scannet_scanrefer_scannet200_unified.py'
WHOLE_MODEL, ONEFORMER3D = 'uniseg3d', 'oneformer3d'
ONEFORMER3D_CONFIGS = ('configs/oneformer3d_1xb4_scannet.py', 'configs/oneformer3d_1xb4_scannet200.py')
IMAGE_SYSTEMS = {
    'dust3r': dust3r_checkpoint,
    'mast3r': dust3r_checkpoint,
    'must3r': must3r_checkpoint,
    'panst3r': panst3r_checkpoint,
    'point3r': point3r_checkpoint,
    'siu3r': siu3r_checkpoint,
}
STATE_THEIR_MODEL = ('dust3r', 'mast3r', 'must3r', 'panst3r')  # their files do, so that no config need be named
SYSTEMS = (WHOLE_MODEL, 'sstnet', ONEFORMER3D, *IMAGE_SYSTEMS)


@dataclass(frozen=True)
class Conversion:
    """What became of a file."""

    fates: list[KeyFate]
    written: int  # entries

    def summary(self) -> str:
        """One line per fate, with the names where something was left out."""
        counts = Counter(fate.fate for fate in self.fates)
        return '\n'.join(f'{count:5} {fate}{self._examples(fate)}' for fate, count in counts.most_common())

    def _examples(self, fate: str, limit: int = 8) -> str:
        names = [entry.name or entry.own for entry in self.fates if entry.fate == fate]
        return '' if fate == LOADED else ': ' + ', '.join(names[:limit]) + (', ...' if len(names) > limit else '')

    def records(self) -> list[dict[str, object]]:
        """Every entry, as plain values."""
        return [asdict(fate) for fate in self.fates]


def convert_checkpoint(
    source: str | Path, out: str | Path, system: str = WHOLE_MODEL, config: str | Path | None = None, half: bool = False
) -> Conversion:
    """Write what the model of ``config`` takes of a released file to ``out`` (.safetensors or .pth), under our names.

    Converting is optional: training and testing read released files as they are. A file must fill the whole model and have
    nothing else, but one of ``sstnet``, or of ``oneformer3d`` without its heads, only the sparse U-Net; what else of it fits
    is written, too. For files that say or show what model they were made for, ``config`` may be left out. ``half``: in half
    precision, for a small file.
    """
    if system not in SYSTEMS or Path(out).suffix not in ('.safetensors', '.pth'):
        raise ConfigError(f'system {system!r} must be one of {", ".join(SYSTEMS)}, and {out} must end in .safetensors or .pth')
    file = load_weights(existing_weights(source))
    if system in IMAGE_SYSTEMS:
        fates, state = _renamed(file, system, config)
    else:
        fates, state = _fitted(file, system, config or _points_config(file, system))
    save_weights(out, {name: value.half() if half and value.is_floating_point() else value for name, value in state.items()})
    return Conversion(fates, len(state))


def _fitted(file: WeightFile, system: str, config: str | Path) -> tuple[list[KeyFate], dict[str, Tensor]]:
    """What a model of points makes of ``file``: layouts may change."""
    model = MODELS.build(load_config(config).model)
    fates = key_fates(file.state_dict, model.state_dict())
    whole = system == WHOLE_MODEL or (system == ONEFORMER3D and is_oneformer3d(file.state_dict))
    if not whole:
        load_backbone(model.encoder.unet, file.path)
    apply_weights(model, file.state_dict, allow_mismatch=not whole)
    taken = {fate.own for fate in fates if fate.fate in (LOADED, RESHAPED, CONVERTED, NEW)}
    return fates, {name: value for name, value in model.state_dict().items() if name in taken}


def _points_config(file: WeightFile, system: str) -> str:
    """The config of the model that ``file`` was made for, as far as its names tell."""
    minkowski = any(name.startswith(MINKOWSKI) for name in file.state_dict)
    if system == ONEFORMER3D and (minkowski or is_oneformer3d(file.state_dict)):
        return ONEFORMER3D_CONFIGS[minkowski]
    return DEFAULT_CONFIG


def _renamed(file: WeightFile, system: str, config: str | Path | None) -> tuple[list[KeyFate], dict[str, Tensor]]:
    """``file`` under the names of a model of images, which is built without memory for its weights."""
    with torch.device('meta'):
        own = MODELS.build(_image_model(file, system, config)).state_dict()
    # trained here, under our names
    if {name: value.shape for name, value in file.state_dict.items()} == {name: value.shape for name, value in own.items()}:
        return [KeyFate(LOADED, name, name, tuple(value.shape)) for name, value in own.items()], file.state_dict
    fates = IMAGE_SYSTEMS[system].key_fates(file.state_dict, own)
    misfits = [fate for fate in fates if fate.fate not in (LOADED, UNNEEDED)]
    if misfits:
        raise CheckpointError(f'{file.path} does not fit the model: {Conversion(misfits, 0).summary()}')
    return fates, IMAGE_SYSTEMS[system].adapt_published(file.state_dict)


def _image_model(file: WeightFile, system: str, config: str | Path | None) -> dict[str, Any]:
    if config is not None:
        return load_config(config).model
    if system not in STATE_THEIR_MODEL:
        raise ConfigError(f'a file of {system} does not say what model it was made for; name its config')
    return stated_model(file)


def save_weights(path: str | Path, state: Mapping[str, Tensor]) -> None:
    """Write a state dict as ``path`` says: ``.safetensors`` or ``.pth``."""
    plain = {name: value.detach().cpu().contiguous() for name, value in state.items()}
    with atomic_path(path) as temporary:
        if temporary.suffix == '.safetensors':
            save_file(plain, temporary)
        else:
            torch.save({'state_dict': plain}, temporary)
