"""SigLIP's tokens with a vocabulary that is made here."""

import numpy as np
import pytest
from siglip_files import write_vocabulary

from uniseg3d.text.siglip_tokenizer import SiglipTokenizer, canonical
from uniseg3d.utils.errors import DataError, FileFormatError


@pytest.fixture(scope='module')
def file(tmp_path_factory):
    return write_vocabulary(tmp_path_factory.mktemp('siglip'))


def test_letters_are_small_and_punctuation_goes():
    assert canonical('This is a photo of  Door-Stuff, (oval).') == 'this is a photo of doorstuff oval'


def test_rows_end_with_the_token_that_fills_them(file):
    rows = SiglipTokenizer(file, 24)(['a chair', 'A  Chair.', ''])
    assert rows.shape == (3, 24) and rows.dtype == np.int64
    assert np.array_equal(rows[0], rows[1]) and (rows[:, -1] == 1).all() and (rows[2] == 1).all()
    assert (rows[0] != 1).sum() >= 2 and len(SiglipTokenizer(file)([])) == 0


def test_a_sentence_that_does_not_fit_is_named(file):
    with pytest.raises(DataError, match=r"'chair chair .* reads 3: shorten"):
        SiglipTokenizer(file, 4)(['chair chair table floor door window'])


def test_a_file_that_is_not_there_or_no_vocabulary(tmp_path):
    with pytest.raises(DataError, match=r'spiece\.model of SigLIP'):
        SiglipTokenizer(tmp_path / 'none.model')
    (tmp_path / 'bad.model').write_bytes(b'no model')
    with pytest.raises(FileFormatError, match='no SentencePiece model'):
        SiglipTokenizer(tmp_path / 'bad.model')(['a'])
