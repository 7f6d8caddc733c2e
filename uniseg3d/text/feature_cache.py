"""Features of token rows that were computed before."""

from collections.abc import Callable

import torch
from torch import Tensor


class FeatureCache:
    """At most ``limit`` rows by their content; the one that was unused for longest goes first."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._rows: dict[bytes, Tensor] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def clear(self) -> None:
        """Forget everything, when what computed it has changed."""
        self._rows.clear()

    def rows(self, tokens: Tensor, encode: Callable[[Tensor], Tensor]) -> list[Tensor]:
        """Feature [E] of every row of ``tokens`` [T, L]; ``encode`` is asked for those that are new, row [L] by row."""
        return [self._row(row, encode) for row in tokens.cpu()]  # one transfer: the content is the key

    def _row(self, row: Tensor, encode: Callable[[Tensor], Tensor]) -> Tensor:
        key = row.numpy().tobytes()
        feature = self._rows.pop(key, None)
        if feature is None:
            feature = _plain(encode, row)
        self._rows[key] = feature  # as the last: dictionaries keep their order
        while len(self._rows) > self.limit:
            self._rows.pop(next(iter(self._rows)))
        return feature


def _plain(encode: Callable[[Tensor], Tensor], row: Tensor) -> Tensor:
    """Without a graph, and usable in training even if computed in inference mode."""
    with torch.inference_mode(False), torch.no_grad():
        return encode(row.clone())
