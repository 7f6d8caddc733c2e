"""Reading records of foreign files field by field, so that an error names the field, the scene and the file."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from uniseg3d.utils.errors import DataError, FileFormatError

_MISSING = object()


class Fields:
    """A mapping read from a file, and the words that say where it stands there."""

    def __init__(self, record: Any, where: str) -> None:
        if not isinstance(record, Mapping):
            raise FileFormatError(f'{where}: expected an object with named fields, got {describe(record)}')
        self.record = record
        self.where = where

    def wrong(self, name: str, expected: str, got: Any = _MISSING) -> DataError:
        """Error for field ``name``; raise it."""
        found = describe(self.record.get(name)) if got is _MISSING else str(got)
        return FileFormatError(f'{self.where}: field "{name}" must be {expected}, got {found}')

    def raw(self, name: str) -> Any:
        """Value of a field that must be there."""
        if name not in self.record:
            raise FileFormatError(f'{self.where}: field "{name}" is missing; found {sorted(map(str, self.record))}')
        return self.record[name]

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self.record.get(name) is not None

    def text(self, name: str) -> str:
        """A string that is not empty."""
        value = self.raw(name)
        if not isinstance(value, str) or not value:
            raise self.wrong(name, 'a non-empty string')
        return value

    def file_name(self, name: str) -> str:
        """A path that stays below the folder it is joined with."""
        value = self.text(name)
        parts = value.replace('\\', '/').split('/')
        if value.startswith('/') or '..' in parts or ':' in parts[0]:
            raise self.wrong(name, 'a file name inside the data set, without ".." or a leading "/"')
        return value

    def integer(self, name: str, low: int, high: int) -> int:
        """An integer in ``low..high``."""
        value = self.raw(name)
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or not low <= value <= high:
            raise self.wrong(name, f'an integer from {low} to {high}')
        return int(value)

    def sequence(self, name: str) -> list[Any]:
        """A list or tuple, as a list."""
        value = self.raw(name)
        if not isinstance(value, list | tuple):
            raise self.wrong(name, 'a list')
        return list(value)

    def strings(self, name: str) -> list[str]:
        """A list of strings."""
        values = self.sequence(name)
        for value in values:
            if not isinstance(value, str):
                raise self.wrong(name, 'a list of strings', f'a list with {describe(value)}')
        return values

    def numbers(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        """Finite numbers of the given shape, float64."""
        try:
            value = np.asarray(self.raw(name), dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise self.wrong(name, f'numbers of shape {shape}') from error
        if value.shape != shape or not np.isfinite(value).all():
            found = f'shape {value.shape}' if value.shape != shape else 'values that are not finite'
            raise self.wrong(name, f'finite numbers of shape {shape}', found)
        return value

    def records(self, name: str) -> Iterator['Fields']:
        """The records of a list field, each knowing its position."""
        for index, record in enumerate(self.sequence(name)):
            yield Fields(record, f'{self.where}, {name}[{index}]')


def describe(value: Any) -> str:
    """A few words about a value for an error message."""
    if isinstance(value, str | int | float | bool) or value is None:
        text = 'null' if value is None else 'NaN' if isinstance(value, float) and math.isnan(value) else repr(value)
        return text if len(text) <= 60 else text[:57] + '...'
    size = f' with {len(value)} entries' if getattr(value, 'shape', True) and hasattr(value, '__len__') else ''
    return f'{type(value).__name__}{size}'
