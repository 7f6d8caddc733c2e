"""Sentences to SigLIP's tokens, from the vocabulary file that lies beside its weights."""

import string
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from uniseg3d.utils.errors import DataError, FileFormatError
from uniseg3d.utils.optional import import_optional

END = 1  # ends a sentence and fills the row behind it
_NO_PUNCTUATION = str.maketrans('', '', string.punctuation)


class SiglipTokenizer:
    """``file``: the ``spiece.model`` of the tower; ``context``: tokens in a row."""

    def __init__(self, file: str | Path, context: int = 64) -> None:
        self.file, self.context = Path(file).expanduser(), context
        if not self.file.is_file():
            raise DataError(
                f'{file} does not exist; it is the spiece.model of SigLIP: get it with tools/download.py siglip-tokens'
            )

    @cached_property
    def _pieces(self) -> Any:
        package = import_optional('sentencepiece', 'views')
        try:
            return package.SentencePieceProcessor(model_file=str(self.file))
        except (RuntimeError, OSError) as error:
            raise FileFormatError(f'{self.file} is no SentencePiece model: {error}') from error

    def __call__(self, sentences: Sequence[str]) -> np.ndarray:
        """Token rows [T, context] int64."""
        rows = np.full((len(sentences), self.context), END, dtype=np.int64)
        for row, sentence in zip(rows, sentences, strict=True):
            tokens = self._pieces.encode(canonical(sentence))
            if len(tokens) >= self.context:
                raise DataError(f'{sentence[:60]!r} has {len(tokens)} tokens; the tower reads {self.context - 1}: shorten it')
            row[: len(tokens)] = tokens
        return rows


def canonical(sentence: str) -> str:
    """As the tower's training wrote: small letters, no punctuation, single spaces."""
    return ' '.join(sentence.translate(_NO_PUNCTUATION).lower().split())
