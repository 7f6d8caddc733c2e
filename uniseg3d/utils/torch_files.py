"""Reading torch files. Nothing that a file contains is ever run, whatever wrote it."""

import _compat_pickle
import io
import pickletools
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import torch

from uniseg3d.utils.errors import CheckpointError

# Names that real checkpoints carry beside their tensors. They become placeholders: nothing is imported or called.
INERT = re.compile(
    r'argparse\.Namespace|builtins\.(getattr|list|dict|int|float|str|bool|tuple)|collections\.(defaultdict|deque)|typing\.Any'
    r'|pathlib\.\w*Path|functools\.partial|(numpy|mmengine|mmcv|omegaconf|pytorch_lightning|lightning|src\.config)\..+'
)
# Names that torch's own safe reader decides about.
TORCH = re.compile(r'torch\..+|_codecs\.encode|collections\.(OrderedDict|Counter)|builtins\.(set|bytearray|complex)')
ZIP_START = b'PK\x03\x04'
LEGACY_PICKLES = 4  # magic number, protocol, system, content


class Inert:
    """Stands for an object of another program; holds its parts, does nothing."""

    name = ''
    parts: tuple[Any, ...]
    state: Any

    def __new__(cls, *parts: Any) -> 'Inert':
        """The unpickler makes objects with and without calling their class; both ways lead here."""
        made = super().__new__(cls)
        made.parts, made.state = parts, None
        return made

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def __repr__(self) -> str:
        content = [*self.parts] if self.state is None else [*self.parts, self.state]
        return f'{self.name}({", ".join(map(repr, content))})'


def read_torch_file(path: str | Path, map_location: Any = 'cpu') -> Any:
    """Whole content of a ``.safetensors`` or ``torch.save`` file, without running anything in it."""
    path = Path(path).expanduser()
    if not path.is_file():
        raise CheckpointError(f'{path} does not exist; check the path')
    try:
        return _read(path, map_location)
    except CheckpointError:
        raise
    except Exception as error:  # damaged archives fail in any of Python's ways
        raise _explained(path, error) from error


def _read(path: Path, map_location: Any) -> Any:
    if path.suffix == '.safetensors':
        from safetensors.torch import load_file

        return load_file(path)
    _refuse_damage(path)
    stand_ins: list[Any] = [(_stand_in(name), name) for name in _foreign_names(path)]
    with torch.serialization.safe_globals(stand_ins):
        return torch.load(path, map_location=map_location or 'cpu', weights_only=True)


def _refuse_damage(path: Path) -> None:
    """torch compares no checksums: without this a file with flipped bits loads as other weights."""
    with open(path, 'rb') as file:
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                record = archive.testzip()
            if record:
                raise CheckpointError(f'{path} is damaged: the checksum of {record} differs; take a copy or an older file')
            return
        file.seek(0)
        if file.read(len(ZIP_START)) == ZIP_START:
            raise ValueError('the archive ends early')


def _stand_in(name: str) -> Any:
    return _plain_dict if name == 'collections.defaultdict' else type('Inert', (Inert,), {'name': name})


def _plain_dict(*_: Any) -> dict[Any, Any]:
    return {}


def _foreign_names(path: Path) -> list[str]:
    """Names in the file that become placeholders; any other name that torch does not know is refused here."""
    names = {name for name in _named(path) if not TORCH.fullmatch(name)}
    refused = sorted(name for name in names if not INERT.fullmatch(name))
    if refused:
        raise CheckpointError(
            f'{path} is refused: it asks for {", ".join(refused)}, which a weight file has no need for; nothing of it was '
            'run. If you trust its author, ask for a .safetensors file'
        )
    return sorted(names)


def _named(path: Path) -> Iterator[str]:
    """Dotted names that the pickles of a torch file look up, without executing them."""
    with open(path, 'rb') as file:
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                for record in archive.namelist():
                    if record.endswith('data.pkl'):
                        yield from _globals(io.BytesIO(archive.read(record)))
        else:
            file.seek(0)
            for _ in range(LEGACY_PICKLES):
                yield from _globals(file)


def _globals(file: IO[bytes]) -> Iterator[str]:
    for operation, argument, _ in pickletools.genops(file):
        if operation.name == 'GLOBAL':
            module, name = str(argument).split(' ', 1)
            yield f'{_compat_pickle.IMPORT_MAPPING.get(module, module)}.{name}'
        elif operation.name in ('STACK_GLOBAL', 'INST', 'EXT1', 'EXT2', 'EXT4'):
            yield f'pickle operation {operation.name}'


def _explained(path: Path, error: Exception) -> CheckpointError:
    unsupported = re.search(r'(?:GLOBAL|unsupported global:?) (\S+)', str(error))
    if unsupported:
        return CheckpointError(f'{path} is refused: it asks for {unsupported[1]}; nothing of it was run')
    lines = [line for line in str(error).split('WeightsUnpickler error:')[-1].splitlines() if line.strip()]
    reason = lines[0].strip() if lines else type(error).__name__
    return CheckpointError(f'{path} ({path.stat().st_size} bytes) is truncated or no weight file: {reason}')
