"""Lines that a mistake made on purpose (tools/mutate.py) showed nobody to look at."""

from pathlib import Path

import pytest

from uniseg3d.io.ply import read_ply
from uniseg3d.utils.errors import FileFormatError
from uniseg3d.utils.restricted_pickle import RefusedPickleError, _dtype, _encode


def test_a_negative_count_in_a_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / 'a.ply'
    path.write_bytes(b'ply\nformat ascii 1.0\nelement vertex -1\nproperty float x\nend_header\n')
    with pytest.raises(FileFormatError, match=r'element vertex -1.*negative count'):
        read_ply(path)


def test_raw_memory_is_no_type_of_plain_data() -> None:
    with pytest.raises(RefusedPickleError, match='V8'):
        _dtype('V8')


def test_bytes_come_by_one_codec_only() -> None:
    assert _encode('é', 'latin1') == b'\xe9'
    with pytest.raises(RefusedPickleError, match='utf_7'):
        _encode('é', 'utf_7')
