"""Files of class embeddings: ``.pth`` with one tensor, as UniSeg3D ships them, or ``.safetensors``, which know their names."""

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from uniseg3d.text.templates import spoken
from uniseg3d.utils.errors import CheckpointError, ConfigError, DataError, FileFormatError
from uniseg3d.utils.files import atomic_path
from uniseg3d.utils.torch_files import read_torch_file

KEY = 'embeddings'
REMEDY = 'make the file with tools/make_class_embeddings.py for this class list and text encoder'


def read_class_embeddings(path: str | Path, names: Sequence[str] | int | None = None, width: int | None = None) -> Tensor:
    """Class embeddings [C, P, E] float32 as they are in the file.

    ``names``: the classes expected, or how many; ``width``: the E expected.
    """
    try:
        content = read_torch_file(path)
    except CheckpointError as error:
        raise FileFormatError(f'class embeddings: {error}, or {REMEDY}') from error
    tensor = content.get(KEY) if isinstance(content, dict) else content
    if not isinstance(tensor, Tensor) or tensor.ndim != 3 or not tensor.is_floating_point() or not tensor.numel():
        got = f'a {type(tensor).__name__}' if not isinstance(tensor, Tensor) else f'{tensor.dtype} {list(tensor.shape)}'
        raise FileFormatError(f'{path} holds {got}; expected class embeddings: floats [classes, prototypes, width]')
    _check_fit(path, tensor, names, width)
    return tensor.float()


def _check_fit(path: str | Path, tensor: Tensor, names: Sequence[str] | int | None, width: int | None) -> None:
    classes = names if isinstance(names, int) or names is None else len(names)
    for what, got, expected in (('classes', len(tensor), classes), ('channels', tensor.shape[2], width)):
        if expected is not None and got != expected:
            raise DataError(f'{path} embeds {got} {what}, but the model has {expected}; {REMEDY}')
    if not tensor.isfinite().all():
        raise DataError(f'{path} holds values that are not finite; {REMEDY}')
    stored = _stored_names(Path(path))
    if stored and isinstance(names, Sequence):
        for place, (name, other) in enumerate(zip(names, stored, strict=True)):
            if not set(spoken(name)) & set(spoken(other)):  # a file may know more synonyms than the list
                raise DataError(f'{path}: class {place} is {other!r}, but the class list has {name!r} there; {REMEDY}')


def _stored_names(path: Path) -> list[str]:
    """Names of the classes, where the file has them."""
    if path.suffix != '.safetensors':
        return []
    try:
        with safe_open(path.expanduser(), 'pt') as file:
            return list(json.loads((file.metadata() or {}).get('names', '[]')))
    except (SafetensorError, ValueError, TypeError) as error:
        raise FileFormatError(f'{path} does not say its class names as a JSON list ({error}); {REMEDY}') from error


def write_class_embeddings(path: str | Path, embeddings: Tensor, names: Sequence[str]) -> None:
    """Write [C, P, E] as ``path`` says: ``.pth`` or ``.safetensors``."""
    require_suffix(path)
    with atomic_path(path) as temporary:
        if temporary.suffix == '.pth':
            torch.save(embeddings.contiguous(), temporary)
        else:
            save_file({KEY: embeddings.contiguous()}, temporary, {'names': json.dumps(list(names), ensure_ascii=False)})


def require_suffix(path: str | Path) -> None:
    """Refuse a name that is of neither format, before anything is computed for it."""
    if Path(path).suffix not in ('.pth', '.safetensors'):
        raise ConfigError(f'{path} must end in .pth (one tensor, as UniSeg3D reads it) or .safetensors (with the class names)')
