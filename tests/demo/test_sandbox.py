"""Files of strangers: what is taken, what is refused, and that nothing stays."""

import os
from dataclasses import replace

import pytest

from uniseg3d.demo.sandbox import MIB, Sandbox, UploadLimits, checked_suffix, confined
from uniseg3d.utils.errors import DataError

LIMITS = UploadLimits(file_mib=0.01, total_mib=0.02, files=3, seconds=3600)


@pytest.fixture
def sandbox(tmp_path):
    made = Sandbox(LIMITS, tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize(
    'name',
    [
        '../scan.ply', '/etc/scan.ply', '..\\scan.ply', 'C:scan.ply', 'a/b.ply', 'scan.ply\0.png', '.ply', '',
        'a' * 300 + '.ply', 'scan\n.ply', 'scan.npz', 'scan.npy', 'scan.py', 'scan.pkl', 'scan', 'scan.ply.pth', 'scan.zip',
        'photo.jpg', 'video.mp4',
    ],
)  # fmt: skip
def test_hostile_names_are_refused_and_leave_nothing(sandbox, name):
    folder = sandbox.folder(1)
    with pytest.raises(DataError):
        folder.store(name, b'x')
    assert not list(folder.path.iterdir())


@pytest.mark.parametrize('name', ['scan.PLY', 'mein Zimmer ü.pcd', 'a..b.glb', '扫描.las', '$(rm x).ply'])
def test_of_a_name_only_the_suffix_is_used(sandbox, name):
    path = sandbox.folder(1).store(name, b'content')
    assert path.parent == sandbox.folder(1).path and path.name == f'upload-0000{checked_suffix(name)}'
    assert path.read_bytes() == b'content'


def test_sizes_and_counts_have_limits(sandbox):
    folder = sandbox.folder(1)
    with pytest.raises(DataError, match='empty'):
        folder.store('a.ply', b'')
    with pytest.raises(DataError, match=r'at most 0\.01 MiB'):
        folder.store('a.ply', bytes(int(0.02 * MIB)))
    for _ in range(3):
        folder.store('a.ply', b'small')
    with pytest.raises(DataError, match='at most 3 files'):
        folder.store('a.ply', b'small')


def test_the_sum_of_sizes_has_a_limit(sandbox):
    folder, content = sandbox.folder(1), bytes(int(0.009 * MIB))
    folder.store('a.ply', content)
    folder.store('b.ply', content)
    with pytest.raises(DataError, match='in all'):
        folder.store('c.ply', content)
    assert len(list(folder.path.iterdir())) == 2


def test_users_have_folders_of_their_own_that_go_with_them(sandbox):
    ours, theirs = sandbox.folder(1).store('a.ply', b'1'), sandbox.folder(2).store('a.ply', b'2')
    assert ours.parent != theirs.parent and ours.parent.stat().st_mode & 0o077 == 0
    sandbox.drop(1)
    assert not ours.parent.exists() and theirs.read_bytes() == b'2'
    sandbox.drop(1)  # twice is no mistake


def test_what_is_not_used_goes_and_the_rest_stays(tmp_path):
    sandbox = Sandbox(replace(LIMITS, seconds=60), tmp_path)
    old, new = sandbox.folder(1), sandbox.folder(2)
    old.used -= 61
    assert sandbox.sweep() == 1 and not old.path.exists() and new.path.exists()
    assert sandbox.folder(1).path != old.path  # who comes back begins anew
    sandbox.close()
    assert not list(tmp_path.iterdir())


@pytest.fixture
def root(tmp_path):
    (tmp_path / 'root' / 'sub').mkdir(parents=True)
    (tmp_path / 'root' / 'sub' / 'scan.ply').write_text('in')
    (tmp_path / 'root_beside').mkdir()
    (tmp_path / 'root_beside' / 'scan.ply').write_text('out')
    os.symlink(tmp_path / 'root_beside', tmp_path / 'root' / 'link')
    os.symlink(tmp_path / 'root' / 'loop', tmp_path / 'root' / 'loop')
    return tmp_path / 'root'


@pytest.mark.parametrize(
    'text',
    ['../root_beside/scan.ply', 'sub/../../root_beside/scan.ply', 'link/scan.ply', 'none.ply', 'a\0b', 'loop', '~', 'x' * 9000],
)
def test_nothing_outside_the_folder_of_local_files_exists(root, text):
    with pytest.raises(DataError, match='there is no'):
        confined(root, text)


def test_what_lies_inside_is_found_and_absolute_paths_are_not(root):
    assert confined(root, 'sub/scan.ply').read_text() == 'in'
    assert confined(root, 'sub/../sub/scan.ply').read_text() == 'in'
    with pytest.raises(DataError):
        confined(root, str(root / 'sub' / 'scan.ply'))
