import json
import re
from pathlib import Path

import pytest

from uniseg3d.utils.errors import DataError, FileFormatError
from uniseg3d.utils.files import atomic_path, by_number, read_json, require_writable, write_text


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    write_text(tmp_path / 'a' / 'x.txt', 'old')
    with pytest.raises(RuntimeError), atomic_path(tmp_path / 'a' / 'x.txt') as temporary:
        temporary.write_text('half')
        raise RuntimeError
    assert [path.read_text() for path in (tmp_path / 'a').iterdir()] == ['old']


def test_the_temporary_name_keeps_the_suffix(tmp_path: Path) -> None:
    with atomic_path(tmp_path / 'x.npz') as temporary:
        assert (temporary.suffix, temporary.parent) == ('.npz', tmp_path)
        temporary.write_bytes(b'1')
    assert (tmp_path / 'x.npz').read_bytes() == b'1'


def test_a_writable_folder_is_made_and_stays_empty(tmp_path: Path) -> None:
    require_writable(tmp_path / 'a' / 'b')
    assert list((tmp_path / 'a' / 'b').iterdir()) == []


@pytest.mark.parametrize('name', ['file', 'file/below'])
def test_a_folder_that_refuses_files_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / 'file').write_text('')
    with pytest.raises(DataError, match=f'cannot write into {re.escape(str(tmp_path / name))}: .*; choose a folder'):
        require_writable(tmp_path / name)


@pytest.mark.parametrize('mark', ['', '\ufeff'])
def test_json_is_read_with_and_without_a_byte_order_mark(tmp_path: Path, mark: str) -> None:
    (tmp_path / 'x.json').write_text(mark + json.dumps({'ü': [1]}, ensure_ascii=False), encoding='utf-8')
    assert read_json(tmp_path / 'x.json', 'make it again') == {'ü': [1]}


@pytest.mark.parametrize('content', [b'', b'{"a": ', b'\xff\xfe\x00', b'[' * 100_000])
def test_broken_json_is_a_format_error_with_its_remedy(tmp_path: Path, content: bytes) -> None:
    (tmp_path / 'x.json').write_bytes(content)
    with pytest.raises(FileFormatError, match=r'x\.json is not valid JSON \(.*\); make it again'):
        read_json(tmp_path / 'x.json', 'make it again')


@pytest.mark.parametrize('name', ['gone.json', ''])
def test_what_is_no_file_is_named_with_its_remedy(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=r'cannot read .*: .*; make it again'):
        read_json(tmp_path / name, 'make it again')


def test_numbers_in_names_count_by_their_value() -> None:
    assert sorted(['b1', 'a10.png', 'a9.png', '11', '2'], key=by_number) == ['2', '11', 'a9.png', 'a10.png', 'b1']
