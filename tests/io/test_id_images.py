"""Pictures of ids."""

from pathlib import Path

import numpy as np
import pytest

from uniseg3d.io.id_images import LARGEST, ids_to_colors, read_ids, write_ids
from uniseg3d.utils.errors import DataError


def test_files_hold_every_id(tmp_path: Path):
    ids = np.array([[0, 1, 255, 256], [65535, 65536, 7 * 256 + 3, LARGEST]])
    write_ids(tmp_path / 'a.png', ids)
    assert np.array_equal(read_ids(tmp_path / 'a.png'), ids)


def test_what_is_no_id_is_refused(tmp_path: Path):
    with pytest.raises(DataError, match=f'expected 0 to {LARGEST}'):
        ids_to_colors(np.array([[LARGEST + 1]]))
    with pytest.raises(DataError, match='ids from -1 to 0'):
        ids_to_colors(np.array([[-1, 0]]))
    with pytest.raises(DataError, match=r'expected a \.png file'):
        read_ids(tmp_path / 'a.jpg')
    assert ids_to_colors(np.zeros((0, 4), int)).shape == (0, 4, 3)
