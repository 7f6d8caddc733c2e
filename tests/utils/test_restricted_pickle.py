"""Plain data comes back unchanged; anything that could run is refused before it runs."""

import os
import pickle
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch

from uniseg3d.utils.errors import FileFormatError
from uniseg3d.utils.restricted_pickle import load_restricted


class Call:
    """Pickles as the call of ``function`` on ``arguments``."""

    def __init__(self, function, *arguments):
        self.parts = (function, arguments)

    def __reduce__(self):
        return self.parts


def saved(tmp_path: Path, value, protocol: int = 4) -> Path:
    path = tmp_path / 'infos.pkl'
    path.write_bytes(pickle.dumps(value, protocol))
    return path


@pytest.mark.parametrize('protocol', range(6))
def test_plain_data_survives(tmp_path, protocol):
    array = np.arange(6, dtype='>i4').reshape(2, 3)
    value = {
        'nested': [1, 2.5, 'ä', None, True, (b'raw\xff', {3}), OrderedDict(a=1)],
        'array': array,
        'fortran': np.asfortranarray(np.random.default_rng(0).random((3, 4))),
        'same': [array, array],
        'strings': np.array(['chair', 'a']),
        'objects': np.array([{'a': 1}, None, np.ones(2)], dtype=object),
        'flags': np.array([True, False]),
        'empty': np.zeros((0, 3), np.float32),
        'scalar': np.float32(1.5),
        'tensor': torch.arange(6).reshape(2, 3).T,
        'half': torch.ones(2, dtype=torch.bfloat16),
        'bools': torch.tensor([[True, False]]),
    }
    got = load_restricted(saved(tmp_path, value, protocol))
    assert got['nested'] == value['nested']
    for name in ('array', 'fortran', 'strings', 'flags', 'empty'):
        assert got[name].dtype.newbyteorder('=') == value[name].dtype.newbyteorder('=')  # numpy may swap while it reads
        np.testing.assert_array_equal(got[name], value[name])
    assert got['same'][0] is got['same'][1]
    assert got['objects'][0] == {'a': 1}
    np.testing.assert_array_equal(got['objects'][2], np.ones(2))
    assert got['scalar'] == 1.5
    assert type(got['scalar']) is np.float32
    for name in ('tensor', 'half', 'bools'):
        assert got[name].dtype == value[name].dtype
        assert torch.equal(got[name], value[name])


@pytest.mark.parametrize('protocol', [0, 2, 4])
def test_a_foreign_call_is_refused_and_not_run(tmp_path, protocol):
    victim = tmp_path / 'made-by-attack'
    path = saved(tmp_path, [1, Call(os.mkdir, str(victim))], protocol)
    with pytest.raises(FileFormatError, match=r'infos\.pkl is refused: it asks for (posix|nt)\.mkdir'):
        load_restricted(path)
    assert not victim.exists()


@pytest.mark.parametrize('function', [getattr, eval, __import__, open, map, Path])
def test_builtins_that_reach_further_are_refused(tmp_path, function):
    with pytest.raises(FileFormatError, match='is refused'):
        load_restricted(saved(tmp_path, Call(function, 'x')))


def test_a_forged_numpy_type_is_refused(tmp_path):
    """An object type that denies holding objects would turn the bytes of the file into pointers."""
    honest = pickle.dumps(np.array([None], dtype=object), 2)
    forged = honest.replace(b'K?t', b'K\x00t')
    assert forged != honest
    path = tmp_path / 'forged.pkl'
    path.write_bytes(forged)
    with pytest.raises(FileFormatError, match='altered numpy type object'):
        load_restricted(path)


def test_an_object_array_over_raw_bytes_is_refused(tmp_path):
    class Forged:
        def __reduce__(self):
            rebuild, arguments, state = np.zeros(1).__reduce__()
            return rebuild, arguments, (state[0], state[1], np.dtype(object), False, b'\x01' * 8)

    with pytest.raises(FileFormatError, match='numpy array of object over bytes'):
        load_restricted(saved(tmp_path, Forged()))


def test_state_of_other_objects_is_refused(tmp_path):
    forged = pickle.dumps(OrderedDict(), 2)[:-1] + b'}X\x01\x00\x00\x00aK\x01sb.'
    path = tmp_path / 'state.pkl'
    path.write_bytes(forged)
    with pytest.raises(FileFormatError, match='state for OrderedDict'):
        load_restricted(path)


def test_damaged_and_missing_files_are_named(tmp_path):
    path = saved(tmp_path, {'a': np.ones(100)})
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(FileFormatError, match=r'\(200 bytes\) is truncated or not a pickle'):
        load_restricted(path)
    with pytest.raises(FileFormatError, match='does not exist'):
        load_restricted(tmp_path / 'absent.pkl')
