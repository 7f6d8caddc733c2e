"""Torch files with numpy arrays."""

import os

import numpy as np
import pytest
import torch

from uniseg3d.utils.errors import FileFormatError
from uniseg3d.utils.torch_arrays import read_torch_arrays


def test_arrays_tensors_and_texts(tmp_path):
    content = (np.arange(6.0).reshape(2, 3), {'a': torch.arange(4)[1:], 'b': ['x', np.array(['red', 'blue'])]}, torch.zeros(0))
    torch.save(content, tmp_path / 'a.pth')
    array, rest, empty = read_torch_arrays(tmp_path / 'a.pth')
    assert array.tolist() == [[0, 1, 2], [3, 4, 5]] and rest['a'].tolist() == [1, 2, 3]
    assert rest['b'][1].tolist() == ['red', 'blue'] and empty.shape == (0,)


class Evil:
    """Would run a command."""

    def __reduce__(self):
        return os.system, ('true',)


def test_programs_are_refused(tmp_path):
    torch.save([Evil()], tmp_path / 'a.pth')
    with pytest.raises(FileFormatError, match='nothing of it was run'):
        read_torch_arrays(tmp_path / 'a.pth')


def test_damaged_files(tmp_path):
    (tmp_path / 'a.pth').write_bytes(b'PK')
    for name in ('a.pth', 'none.pth'):
        with pytest.raises(FileFormatError, match=r'truncated|does not exist'):
            read_torch_arrays(tmp_path / name)
