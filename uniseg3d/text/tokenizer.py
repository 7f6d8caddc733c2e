"""Sentences to CLIP's byte-pair tokens. The vocabulary ships with open_clip; nothing is downloaded."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from uniseg3d.utils.mmengine_compat import import_open_clip

CONTEXT_LENGTH = 77


@cache
def _tokenizer() -> Any:
    # built on first use: importing open_clip takes seconds, and most programs never tokenise
    return import_open_clip().tokenizer.SimpleTokenizer(context_length=CONTEXT_LENGTH)


def tokenize(sentences: Sequence[str]) -> np.ndarray:
    """Token rows [T, 77] int64: start token, sentence, end token, zeros. Long sentences are cut, their end token stays."""
    if not sentences:
        return np.zeros((0, CONTEXT_LENGTH), dtype=np.int64)
    return _tokenizer()(list(sentences)).numpy().astype(np.int64)
