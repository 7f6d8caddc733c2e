"""Released weight files in our own names, with an account of every entry."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from uniseg3d.engine.config import load_config
from uniseg3d.models.systems.uniseg3d_checkpoint import LOADED, NEW, RESHAPED, KeyFate, key_fates, load_backbone
from uniseg3d.registry import MODELS
from uniseg3d.utils.errors import ConfigError
from uniseg3d.utils.files import atomic_path
from uniseg3d.utils.weights import apply_weights, load_weights

DEFAULT_CONFIG = 'configs/uniseg3d_1xb4_scannet_scanrefer_scannet200_unified.py'
WHOLE_MODEL = 'uniseg3d'
SYSTEMS = (WHOLE_MODEL, 'sstnet', 'oneformer3d')


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
    source: str | Path, out: str | Path, system: str = WHOLE_MODEL, config: str | Path = DEFAULT_CONFIG
) -> Conversion:
    """Write what the model of ``config`` takes of a released file to ``out`` (.safetensors or .pth), under our names.

    Converting is optional: training and testing read released files as they are. A file of ``uniseg3d`` must fill the whole
    model and have nothing else; one of ``sstnet`` or ``oneformer3d`` must fill the sparse U-Net, and what else of it fits the
    model is written, too.
    """
    if system not in SYSTEMS or Path(out).suffix not in ('.safetensors', '.pth'):
        raise ConfigError(f'system {system!r} must be one of {", ".join(SYSTEMS)}, and {out} must end in .safetensors or .pth')
    weights = load_weights(source).state_dict
    model = MODELS.build(load_config(config).model)
    fates = key_fates(weights, model.state_dict())
    if system != WHOLE_MODEL:
        load_backbone(model.encoder.unet, source)
    apply_weights(model, weights, allow_mismatch=system != WHOLE_MODEL)
    taken = {fate.own for fate in fates if fate.fate in (LOADED, RESHAPED, NEW)}
    state = {name: value for name, value in model.state_dict().items() if name in taken}
    save_weights(out, state)
    return Conversion(fates, len(state))


def save_weights(path: str | Path, state: Mapping[str, Tensor]) -> None:
    """Write a state dict as ``path`` says: ``.safetensors`` or ``.pth``."""
    plain = {name: value.detach().cpu().contiguous() for name, value in state.items()}
    with atomic_path(path) as temporary:
        if temporary.suffix == '.safetensors':
            save_file(plain, temporary)
        else:
            torch.save({'state_dict': plain}, temporary)
