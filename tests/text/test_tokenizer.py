"""Tokens of sentences."""

import numpy as np

from uniseg3d.text.tokenizer import tokenize

START, END = 49406, 49407


def test_rows_start_end_and_are_padded_with_zeros() -> None:
    tokens = tokenize(['a chair', ''])
    assert tokens.dtype == np.int64
    assert tokens[0, :5].tolist() == [START, 320, 4269, END, 0]
    assert tokens[1, :3].tolist() == [START, END, 0]
    assert not tokens[:, 10:].any()


def test_long_sentences_are_cut_before_their_end_token() -> None:
    (row,) = tokenize(['chair ' * 500])
    assert row.shape == (77,)
    assert row[-1] == END
    assert (row[1:-1] == 4269).all()


def test_case_and_spaces_do_not_matter() -> None:
    first, second = tokenize(['The  Office CHAIR\n', 'the office chair'])
    assert np.array_equal(first, second)


def test_no_sentences_are_no_rows() -> None:
    assert tokenize([]).shape == (0, 77)


def test_any_text_has_its_row():
    """Nothing, only blanks, very long, of other scripts, with control characters: one row each, start to end token."""
    texts = [
        '',
        ' \t\n',
        'x' * 10_000,
        'die Türe – größer',
        '赤い椅子',
        'стул у окна',
        '🪑' * 50,
        'a\x00b\ud7ff',
        '&lt;chair&gt;',
    ]
    tokens = tokenize(texts)
    assert tokens.shape == (len(texts), 77)
    assert (tokens[:, 0] == START).all()
    assert ((tokens == END).sum(1) == 1).all()
    assert (tokens.argmax(1) == (tokens != 0).sum(1) - 1).all(), 'after the end token there is nothing'
    assert np.array_equal(tokens[0], tokens[1]), 'blanks are nothing'
    assert len(np.unique(tokens[2:], axis=0)) == len(texts) - 2, 'scripts that CLIP hardly knows stay apart'
