"""The same cloud in every format, and every way to spoil a file: one sentence that names it, never a crash."""

import numpy as np
import pytest
from cloud_writers import write_las, write_obj, write_pcd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from uniseg3d.io.arrays import write_npy, write_npz
from uniseg3d.io.clouds import CLOUD_SUFFIXES, read_cloud
from uniseg3d.io.glb import write_glb
from uniseg3d.io.ply import PlyMesh, write_ply
from uniseg3d.utils.errors import DataError, FileFormatError

COUNT = 60
WRITTEN = ('.ply', '.pcd', '.obj', '.glb', '.npy', '.npz', '.bin', '.txt', '.xyz', '.csv', '.las')


def arrays(seed=0):
    rng = np.random.default_rng(seed)
    xyz = np.round(rng.normal(size=(COUNT, 3)), 3).astype(np.float32)
    return xyz, rng.integers(0, 256, (COUNT, 3), dtype=np.uint8), rng.integers(0, COUNT, (40, 3))


def write(path, xyz, colors, faces=None):
    """``path`` in the format of its suffix."""
    suffix = path.suffix
    table = np.concatenate([xyz, colors], 1, dtype=np.float32)
    if suffix == '.ply':
        write_ply(path, PlyMesh(xyz, colors, faces))
    elif suffix == '.pcd':
        write_pcd(path, xyz, colors, 'binary')
    elif suffix == '.obj':
        write_obj(path, xyz, colors, faces)
    elif suffix == '.glb':
        write_glb(path, xyz, colors)
    elif suffix == '.npy':
        write_npy(path, table)
    elif suffix == '.npz':
        write_npz(path, points=xyz, rgb=colors, **({} if faces is None else {'faces': faces}))
    elif suffix == '.bin':
        table.tofile(path)
    elif suffix in ('.txt', '.xyz', '.csv'):
        np.savetxt(path, table, fmt='%.9g', delimiter=',' if suffix == '.csv' else ' ')
    else:
        write_las(path, xyz, colors, shift=(0, 0, 0))


@pytest.mark.parametrize('suffix', WRITTEN)
def test_every_format_gives_the_same_cloud(tmp_path, suffix):
    xyz, colors, _ = arrays()
    path = tmp_path / f'my scan é{suffix}'
    write(path, xyz, colors)
    cloud = read_cloud(path)
    assert cloud.xyz.dtype in (np.float32, np.float64) and cloud.colors.dtype == np.uint8
    np.testing.assert_allclose(cloud.xyz, xyz, atol=1e-6)
    np.testing.assert_array_equal(cloud.colors, colors)
    assert cloud.faces is None and len(cloud) == COUNT


@pytest.mark.parametrize('suffix', ['.ply', '.obj', '.npz'])
def test_meshes_keep_their_triangles(tmp_path, suffix):
    xyz, colors, faces = arrays()
    write(tmp_path / f'mesh{suffix}', xyz, colors, faces)
    np.testing.assert_array_equal(read_cloud(tmp_path / f'mesh{suffix}').faces, faces)


def test_suffixes_in_capitals_are_fine(tmp_path):
    xyz, colors, _ = arrays()
    write(tmp_path / 'a.ply', xyz, colors)
    (tmp_path / 'a.ply').rename(tmp_path / 'A.PLY')
    assert len(read_cloud(tmp_path / 'A.PLY')) == COUNT


def test_doubles_survive_far_from_the_origin(tmp_path):
    xyz, colors, _ = arrays()
    far = xyz.astype(np.float64) + [4.5e5, 5.2e6, 100]
    rows = ''.join(f'{x:.4f} {y:.4f} {z:.4f}\n' for x, y, z in far)
    head = (
        f'ply\nformat ascii 1.0\nelement vertex {COUNT}\nproperty double x\nproperty double y\nproperty double z\nend_header\n'
    )
    (tmp_path / 'far.ply').write_text(head + rows)
    write_las(tmp_path / 'far.las', xyz, colors, shift=(4.5e5, 5.2e6, 100))
    for name in ('far.ply', 'far.las'):
        np.testing.assert_allclose(read_cloud(tmp_path / name).xyz, far, atol=6e-4, rtol=0)


@pytest.mark.parametrize('suffix', CLOUD_SUFFIXES)
def test_missing_and_empty_files_sound_alike(tmp_path, suffix):
    with pytest.raises(DataError, match=r'cannot read .*nothing'):
        read_cloud(tmp_path / f'nothing{suffix}')
    (tmp_path / f'zero{suffix}').touch()
    with pytest.raises(FileFormatError, match=r'zero.* is empty \(0 bytes\)'):
        read_cloud(tmp_path / f'zero{suffix}')


def test_other_suffixes_are_refused_with_the_list(tmp_path):
    with pytest.raises(FileFormatError, match=r'ends in \.docx; expected a cloud or mesh: \.ply, .*\.laz'):
        read_cloud(tmp_path / 'letter.docx')


@pytest.mark.parametrize('suffix', WRITTEN)
def test_half_a_file_is_an_error_or_a_shorter_cloud_never_a_crash(tmp_path, suffix):
    xyz, colors, faces = arrays()
    write(tmp_path / f'whole{suffix}', xyz, colors, faces)
    data = (tmp_path / f'whole{suffix}').read_bytes()
    path = tmp_path / f'half{suffix}'
    for share in (0.05, 0.3, 0.5, 0.9):
        path.write_bytes(data[: int(share * len(data))])
        try:
            assert 0 < len(read_cloud(path)) < COUNT or suffix == '.obj'  # text formats cannot know how much is missing
        except DataError as error:
            assert 'half' in str(error) and '\n' not in str(error)


@pytest.mark.parametrize('suffix', WRITTEN)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_damaged_bytes_never_crash(tmp_path, suffix, data):
    xyz, colors, faces = arrays()
    write(tmp_path / f'whole{suffix}', xyz, colors, faces)
    content = bytearray((tmp_path / f'whole{suffix}').read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        # headers and beginnings are where damage hurts
        content[data.draw(st.integers(0, min(len(content), 700) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / f'spoilt{suffix}').write_bytes(content)
    try:
        cloud = read_cloud(tmp_path / f'spoilt{suffix}')
    except DataError as error:
        assert 'spoilt' in str(error)
    else:
        assert cloud.xyz.shape[1] == 3


def test_npz_names_and_lengths_are_checked(tmp_path):
    xyz, colors, faces = arrays()
    write_npz(tmp_path / 'a.npz', stuff=xyz)
    with pytest.raises(FileFormatError, match=r"arrays \['stuff'\]; expected one of xyz, points"):
        read_cloud(tmp_path / 'a.npz')
    write_npz(tmp_path / 'b.npz', xyz=xyz, colors=colors[:-1])
    with pytest.raises(FileFormatError, match='one row for each of 60 points'):
        read_cloud(tmp_path / 'b.npz')
    write_npz(tmp_path / 'c.npz', xyz=xyz, faces=faces + COUNT)
    with pytest.raises(FileFormatError, match='faces must be integers'):
        read_cloud(tmp_path / 'c.npz')
