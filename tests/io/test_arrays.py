"""Headerless and numpy files: what is written comes back, and wrong lengths are refused."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from uniseg3d.io.arrays import read_bin, read_npy, read_npz, write_bin, write_npy, write_npz
from uniseg3d.utils.errors import DataError, FileFormatError


def test_bin_rows_come_back_and_can_be_changed(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).random((7, 6)).astype(np.float32)
    write_bin(tmp_path / 'ä b.bin', rows, np.float32)
    back = read_bin(tmp_path / 'ä b.bin', np.float32, columns=6, count=7)
    assert np.array_equal(back, rows)
    back += 1


def test_bin_converts_to_the_stored_type(tmp_path: Path) -> None:
    write_bin(tmp_path / 'ids.bin', np.array([3, 1, 2], dtype=np.uint32), np.int64)
    assert (tmp_path / 'ids.bin').stat().st_size == 24
    assert read_bin(tmp_path / 'ids.bin', np.int64).tolist() == [3, 1, 2]


def test_truncated_bin_is_refused(tmp_path: Path) -> None:
    (tmp_path / 'points.bin').write_bytes(b'x' * 50)
    with pytest.raises(FileFormatError, match='truncated: 50 bytes'):
        read_bin(tmp_path / 'points.bin', np.float32, columns=6)


def test_wrong_count_names_both_numbers(tmp_path: Path) -> None:
    write_bin(tmp_path / 'ids.bin', np.arange(5), np.int64)
    with pytest.raises(FileFormatError, match='expected 6 rows, got 5'):
        read_bin(tmp_path / 'ids.bin', np.int64, count=6)


@pytest.mark.parametrize('read', [lambda p: read_bin(p, np.int64), read_npy, lambda p: read_npz(p, 'masks')])
def test_missing_file_is_named(tmp_path: Path, read) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(DataError, match='gone does not exist'):
        read(tmp_path / 'gone')


def test_npy_checks_the_shape(tmp_path: Path) -> None:
    write_npy(tmp_path / 'a.npy', np.zeros((4, 6)))
    assert read_npy(tmp_path / 'a.npy', (None, 6)).shape == (4, 6)
    with pytest.raises(FileFormatError, match=r'expected shape \(5,\), got \(4, 6\)'):
        read_npy(tmp_path / 'a.npy', (5,))


def test_npy_never_unpickles(tmp_path: Path) -> None:
    np.save(tmp_path / 'a.npy', np.array([{'a': 1}], dtype=object), allow_pickle=True)
    (tmp_path / 'b.npy').write_bytes(pickle.dumps([1, 2]))
    for name in ('a.npy', 'b.npy'):
        with pytest.raises(FileFormatError):
            read_npy(tmp_path / name)


def test_truncated_npy_and_npz_are_refused(tmp_path: Path) -> None:
    write_npy(tmp_path / 'a.npy', np.arange(100))
    write_npz(tmp_path / 'a.npz', masks=np.ones((3, 100), bool))
    for name in ('a.npy', 'a.npz'):
        data = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(data[: len(data) // 2])
    with pytest.raises(FileFormatError, match=r'a\.npy'):
        read_npy(tmp_path / 'a.npy')
    with pytest.raises(FileFormatError, match=r'a\.npz'):
        read_npz(tmp_path / 'a.npz', 'masks')


def test_npz_names_the_key_it_lacks(tmp_path: Path) -> None:
    write_npz(tmp_path / 'a.npz', mask=np.ones(3))
    with pytest.raises(FileFormatError, match='"masks", found'):
        read_npz(tmp_path / 'a.npz', 'masks')


def test_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / 'a.npy'
    write_npy(path, np.arange(3))
    with pytest.raises(ValueError, match='allow_pickle'):
        write_npy(path, np.array([object()]))
    assert read_npy(path).tolist() == [0, 1, 2]
    assert [p.name for p in tmp_path.iterdir()] == ['a.npy']
