"""The one door for weights: whatever file and container they come in, and however they fit the model."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from uniseg3d.utils.errors import CheckpointError
from uniseg3d.utils.torch_files import Inert, read_torch_file

CONTAINERS = ('state_dict', 'model', 'net', 'weights')


@dataclass
class WeightFile:
    """Weights by parameter name, on the CPU; ``metadata`` is the rest of the file, foreign objects as ``Inert``."""

    path: Path
    state_dict: dict[str, Tensor]
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def args(self) -> dict[str, Any]:
        """Training arguments that DUSt3R-style files carry, as text and numbers; constructor strings stay strings."""
        args = self.metadata.get('args')
        content = args.state if isinstance(args, Inert) else args
        return dict(content) if isinstance(content, Mapping) else {}


def load_weights(path: str | Path) -> WeightFile:
    """Read ``.safetensors``, or any torch file whose tensors lie flat or under a usual name; strips ``module.``."""
    return WeightFile(Path(path), *split_weights(path, read_torch_file(path)))


def split_weights(path: str | Path, content: Any) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Weights and the rest of what a file holds; ``path`` is for messages only."""
    if not isinstance(content, Mapping):
        raise CheckpointError(f'{path} holds a {type(content).__name__}; expected a dictionary of weights')
    tensors, rest = _split(content)
    if not tensors:
        keys = ', '.join(map(str, list(content)[:8]))
        raise CheckpointError(f'{path} holds no weights; expected tensors, or them under {CONTAINERS}; its keys are: {keys}')
    return {name.removeprefix('module.'): tensor for name, tensor in tensors.items()}, rest


def _split(content: Mapping[str, Any]) -> tuple[dict[str, Tensor], dict[str, Any]]:
    for name in CONTAINERS:
        if isinstance(content.get(name), Mapping):
            return _tensors(content[name]), {key: value for key, value in content.items() if key != name}
    flat = _tensors(content)
    # several state dicts side by side, as MUSt3R writes them: {'encoder': ..., 'decoder': ...}
    parts = {} if flat else {name: _tensors(value) for name, value in content.items() if isinstance(value, Mapping)}
    nested = {f'{part}.{name}': tensor for part, values in parts.items() for name, tensor in values.items()}
    return flat or nested, {key: value for key, value in content.items() if key not in flat and not parts.get(key)}


def _tensors(values: Mapping[str, Any]) -> dict[str, Tensor]:
    return {name: value for name, value in values.items() if isinstance(value, Tensor)}


@dataclass
class Mismatch:
    """Names that differ between a file and a model."""

    missing: list[str]
    unexpected: list[str]
    shapes: list[str]  # 'name: file (...), model (...)'

    def __bool__(self) -> bool:
        return bool(self.missing or self.unexpected or self.shapes)

    def __str__(self) -> str:
        parts = {'missing in the file': self.missing, 'unknown to the model': self.unexpected, 'of another shape': self.shapes}
        return '; '.join(f'{len(names)} {what}: {_shortened(names)}' for what, names in parts.items() if names)


def _shortened(names: list[str], limit: int = 12) -> str:
    return ', '.join(names[:limit]) + (f', ... ({len(names) - limit} more)' if len(names) > limit else '')


def apply_weights(model: nn.Module, state_dict: Mapping[str, Tensor], allow_mismatch: bool = False) -> Mismatch:
    """Copy weights into ``model``. Names or shapes that differ are an error that lists them, unless allowed.

    A model that knows other names for its weights, of files that others released, has ``adapt_weights(weights)``.
    """
    adapt = getattr(model, 'adapt_weights', dict)
    state_dict = adapt(state_dict)
    shapes = _shape_errors(model, state_dict)
    refused = {line.split(':')[0] for line in shapes}
    fitting = {name: tensor for name, tensor in state_dict.items() if name not in refused}
    left = model.load_state_dict(fitting, strict=False)
    missing = [name for name in left.missing_keys if name not in refused and not name.endswith('num_batches_tracked')]
    mismatch = Mismatch(missing, list(left.unexpected_keys), shapes)
    if len(left.unexpected_keys) == len(fitting):
        raise CheckpointError(f'none of the weights fit the model: {mismatch}')
    if mismatch and not allow_mismatch:
        raise CheckpointError(
            f'the weights do not fit the model: {mismatch}; take the config that they were trained with, or, to start a '
            'training from what fits, set allow_mismatch=True'
        )
    return mismatch


def _shape_errors(model: nn.Module, state_dict: Mapping[str, Tensor]) -> list[str]:
    """What torch itself finds, so that modules that convert layouts while loading are heard."""
    try:
        model.load_state_dict(dict(state_dict), strict=False)
    except RuntimeError as error:
        pattern = r'size mismatch for (\S+): copying a param with shape (.+?) from checkpoint, .*? is (.+?)\.\s*$'
        found = re.findall(pattern, str(error), flags=re.MULTILINE)
        if not found:
            raise CheckpointError(f'the weights do not fit the model: {error}') from error
        return [f'{name}: file {file}, model {own}'.replace('torch.Size', '') for name, file, own in found]
    return []
