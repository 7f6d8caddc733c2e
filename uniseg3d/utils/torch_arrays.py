"""Torch files that hold numpy arrays, as OpenScene's processed scenes do: plain data only, nothing of them is run."""

import zipfile
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from uniseg3d.utils.errors import FileFormatError
from uniseg3d.utils.restricted_pickle import RefusedPickleError, _Reader

STORAGES = {
    f'{kind}Storage': dtype
    for kind, dtype in {
        'Float': torch.float32,
        'Double': torch.float64,
        'Half': torch.float16,
        'Long': torch.int64,
        'Int': torch.int32,
        'Short': torch.int16,
        'Char': torch.int8,
        'Byte': torch.uint8,
        'Bool': torch.bool,
    }.items()
}


def _view(storage: Tensor, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> Tensor:
    return storage.as_strided(size, stride, offset).clone()  # refuses to look beyond the storage


class _ZipReader(_Reader):
    """The restricted reader, with tensors whose bytes are members of an archive."""

    names: ClassVar[dict[tuple[str, str], Any]] = (
        _Reader.names
        | {('torch', name): dtype for name, dtype in STORAGES.items()}
        | {('torch._utils', '_rebuild_tensor_v2'): _view}
    )

    def __init__(self, archive: zipfile.ZipFile, member: str) -> None:
        super().__init__(archive.open(member))
        self.archive, self.folder = archive, member.rpartition('/')[0]

    def persistent_load(self, pid: Any) -> Tensor:
        if not (isinstance(pid, tuple) and len(pid) == 5 and pid[0] == 'storage' and isinstance(pid[1], torch.dtype)):
            raise RefusedPickleError(f'a record {pid!r}')
        content = bytearray(self.archive.read(f'{self.folder}/data/{pid[2]}'))
        return torch.frombuffer(content, dtype=pid[1]) if content else torch.empty(0, dtype=pid[1])


def read_torch_arrays(path: str | Path) -> Any:
    """Content of a file of ``torch.save`` with containers, numbers, texts, tensors and numpy arrays."""
    path = Path(path)
    if not path.is_file():
        raise FileFormatError(f'{path} does not exist; check the path')
    try:
        with zipfile.ZipFile(path) as archive:
            member = next(name for name in archive.namelist() if name.endswith('data.pkl'))
            return _ZipReader(archive, member).load()
    except RefusedPickleError as error:
        raise FileFormatError(
            f'{path} is refused: it asks for {error}, which is not plain data; nothing of it was run'
        ) from error
    except Exception as error:  # a damaged file can fail in any of Python's ways
        raise FileFormatError(f'{path} is truncated or no file of torch.save: {type(error).__name__}: {error}') from error
