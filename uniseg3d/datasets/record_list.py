"""A list of records that costs worker processes nothing."""

import pickle
from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

import numpy as np

Record = TypeVar('Record')


class RecordList(Generic[Record]):
    """Read-only list, kept as one array of bytes.

    Workers that are forked from the training process share it; a list of Python objects would be copied page by page,
    because reading an object changes its reference count. The bytes never leave this process family.
    """

    def __init__(self, records: Sequence[Record]) -> None:
        parts = [np.frombuffer(pickle.dumps(record, pickle.HIGHEST_PROTOCOL), dtype=np.uint8) for record in records]
        self._ends = np.cumsum([len(part) for part in parts], dtype=np.int64)
        self._bytes = np.concatenate(parts) if parts else np.zeros(0, dtype=np.uint8)

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, index: int) -> Record:
        if not -len(self) <= index < len(self):
            raise IndexError(f'record {index} of {len(self)}')
        index %= len(self)
        start = self._ends[index - 1] if index else 0
        return pickle.loads(self._bytes[start : self._ends[index]].data)

    def __iter__(self) -> Iterator[Record]:
        return (self[index] for index in range(len(self)))
