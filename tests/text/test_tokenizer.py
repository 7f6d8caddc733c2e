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
