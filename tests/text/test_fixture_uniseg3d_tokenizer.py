"""Family x: the same tokens as the original's tokenizer."""

import numpy as np
from fixture_paths import fixture_folder

from uniseg3d.text.tokenizer import tokenize


def test_tokens_equal_the_reference() -> None:
    with np.load(fixture_folder('uniseg3d') / 'x_text.npz') as archive:
        texts, tokens = [str(text) for text in archive['texts']], archive['tokens']
    assert len(texts) > 0
    assert np.array_equal(tokenize(texts), tokens)
