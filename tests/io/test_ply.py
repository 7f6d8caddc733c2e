import contextlib
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uniseg3d.io.ply import PlyMesh, read_ply, write_ply
from uniseg3d.utils.errors import DataError, FileFormatError

FORMATS = ('ascii', 'binary_little_endian', 'binary_big_endian')


def make_mesh(points: int = 50) -> PlyMesh:
    rng = np.random.default_rng(points)
    return PlyMesh(
        vertices=rng.normal(size=(points, 3)).astype(np.float32),
        colors=rng.integers(0, 256, (points, 3)).astype(np.uint8),
        faces=rng.integers(0, points, (2 * points, 3)),
        extra={
            'nx': rng.normal(size=points).astype(np.float32),
            'ny': rng.normal(size=points).astype(np.float32),
            'nz': rng.normal(size=points).astype(np.float32),
            'label': rng.integers(0, 40, points).astype(np.uint16),
        },
    )


@pytest.mark.parametrize('file_format', FORMATS)
def test_what_is_written_is_read_back(tmp_path, file_format):
    mesh = make_mesh()
    path = tmp_path / 'räum 1.ply'
    write_ply(path, mesh, file_format)
    read = read_ply(path)
    np.testing.assert_array_equal(read.vertices, mesh.vertices)
    np.testing.assert_array_equal(read.colors, mesh.colors)
    np.testing.assert_array_equal(read.faces, mesh.faces)
    np.testing.assert_array_equal(read.extra['label'], mesh.extra['label'])
    np.testing.assert_array_equal(read.normals, np.stack([mesh.extra[name] for name in ('nx', 'ny', 'nz')], 1))
    assert read.vertices.dtype == np.float32 and read.faces.dtype == np.int64 and read.extra['label'].dtype == np.uint16


@pytest.mark.parametrize('file_format', FORMATS)
def test_bare_and_empty_clouds(tmp_path, file_format):
    for points in (0, 1):
        write_ply(tmp_path / 'a.ply', PlyMesh(np.ones((points, 3), np.float32)), file_format)
        read = read_ply(tmp_path / 'a.ply')
        assert read.vertices.shape == (points, 3)
        assert read.colors is None and read.faces is None and read.normals is None and read.extra == {}


def scannet_like(order: str, name: str) -> bytes:
    """A file as other programs write them: comments, alpha, list name vertex_indices, CRLF in the header."""
    header = (
        f'ply\r\nformat {name} 1.0\r\ncomment VCGLIB end_header generated\r\nobj_info x\r\nelement vertex 3\r\n'
        'property float x\r\nproperty float y\r\nproperty double z\r\nproperty uchar red\r\nproperty uchar green\r\n'
        'property uchar blue\r\nproperty uchar alpha\r\nelement face 1\r\nproperty list uchar uint vertex_indices\r\n'
        'property int object_id\r\nend_header\r\n'
    ).encode()
    rows = [struct.pack(f'{order}ffdBBBB', i, 2 * i, 0.5, 10, 20, i, 255) for i in range(3)]
    return header + b''.join(rows) + struct.pack(f'{order}BIIIi', 3, 0, 1, 2, 7)


@pytest.mark.parametrize(('order', 'name'), [('<', 'binary_little_endian'), ('>', 'binary_big_endian')])
def test_foreign_binary_file(tmp_path, order, name):
    (tmp_path / 'a.ply').write_bytes(scannet_like(order, name))
    mesh = read_ply(tmp_path / 'a.ply')
    np.testing.assert_array_equal(mesh.vertices, [[0, 0, 0.5], [1, 2, 0.5], [2, 4, 0.5]])
    np.testing.assert_array_equal(mesh.colors, [[10, 20, 0], [10, 20, 1], [10, 20, 2]])
    np.testing.assert_array_equal(mesh.faces, [[0, 1, 2]])
    np.testing.assert_array_equal(mesh.extra['alpha'], [255] * 3)


ASCII_HEADER = (
    'ply\nformat ascii 1.0\nelement vertex 5\nproperty float x\nproperty float y\nproperty float z\n'
    'element face {faces}\nproperty list uchar int vertex_index\nend_header\n'
)
FIVE_POINTS = '0 0 0\n1 0 0\n1 1 0\n0 1 0\n0 0 1\n'


def test_polygons_become_fans(tmp_path):
    (tmp_path / 'quads.ply').write_text(ASCII_HEADER.format(faces=2) + FIVE_POINTS + '4 0 1 2 3\n4 4 3 2 1\n')
    np.testing.assert_array_equal(read_ply(tmp_path / 'quads.ply').faces, [[0, 1, 2], [0, 2, 3], [4, 3, 2], [4, 2, 1]])
    (tmp_path / 'mixed.ply').write_text(ASCII_HEADER.format(faces=3) + FIVE_POINTS + '3 0 1 2\n5 0 1 2 3 4\n3 4 0 1\n')
    expected = [[0, 1, 2], [0, 1, 2], [0, 2, 3], [0, 3, 4], [4, 0, 1]]
    np.testing.assert_array_equal(read_ply(tmp_path / 'mixed.ply').faces, expected)


@pytest.mark.parametrize('order', ['<', '>'])
def test_mixed_polygons_in_binary_files(tmp_path, order):
    name = 'binary_little_endian' if order == '<' else 'binary_big_endian'
    header = ASCII_HEADER.format(faces=2).replace('ascii', name).encode()
    points = np.arange(15).astype(f'{order}f4').tobytes()
    (tmp_path / 'a.ply').write_bytes(header + points + struct.pack(f'{order}BiiiBiiii', 3, 0, 1, 2, 4, 0, 1, 2, 3))
    np.testing.assert_array_equal(read_ply(tmp_path / 'a.ply').faces, [[0, 1, 2], [0, 1, 2], [0, 2, 3]])


@pytest.mark.parametrize(
    ('faces', 'message'),
    [
        ('3 0 1 5\n', 'outside 0..4'),
        ('3 0 1 -1\n', 'outside 0..4'),
        ('2 0 1\n', 'at least 3'),
        ('-1 0 1\n', 'corrupt'),
        ('3.5 0 1 2\n', 'corrupt'),
        ('nan 0 1 2\n', 'corrupt'),
        ('4000000000 0 1 2\n', 'corrupt'),
        ('3 0 1\n', 'corrupt'),
        ('3 0 1 1e99\n', 'do not fit'),
        ('3 0 1 two\n', 'not a number'),
        ('3 0 1 ' + '2' * 1000 + '\n', 'more than 64'),
    ],
)
def test_bad_faces_are_refused(tmp_path, faces, message):
    (tmp_path / 'a.ply').write_text(ASCII_HEADER.format(faces=1) + FIVE_POINTS + faces)
    with pytest.raises(FileFormatError, match=message):
        read_ply(tmp_path / 'a.ply')


@pytest.mark.parametrize(
    ('header', 'message'),
    [
        ('PK\x03\x04', 'not a PLY file'),
        ('', 'is empty'),
        ('ply\nformat ascii 1.0\n', 'end_header'),
        ('ply\nformat binary 1.0\nend_header\n', "format 'binary'"),
        ('ply\nformat ascii 1.0\nelement vertex -4\nend_header\n', 'negative'),
        ('ply\nformat ascii 1.0\nelement vertex many\nend_header\n', 'element vertex many'),
        ('ply\nformat ascii 1.0\nproperty float x\nend_header\n', 'property float x'),
        ('ply\nformat ascii 1.0\nelement vertex 1\nproperty quad x\nend_header\n', 'property quad x'),
        ('ply\nformat ascii 1.0\nelement vertex 0\nproperty float x\nproperty float x\nend_header\n', 'twice'),
        ('ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nend_header\n1\n', 'x, y and z'),
        ('ply\nformat ascii 1.0\nelement camera 1\nproperty float x\nend_header\n1\n', 'vertex'),
    ],
)
def test_bad_headers_are_refused(tmp_path, header, message):
    (tmp_path / 'a.ply').write_text(header)
    with pytest.raises(FileFormatError, match=message) as caught:
        read_ply(tmp_path / 'a.ply')
    assert 'a.ply' in str(caught.value)


@pytest.mark.parametrize('file_format', FORMATS)
def test_a_promise_of_more_rows_than_bytes_is_refused_before_memory_is_taken(tmp_path, file_format):
    header = f'ply\nformat {file_format} 1.0\nelement vertex 99999999999999\nproperty float x\nend_header\n'
    (tmp_path / 'a.ply').write_bytes(header.encode() + b'1 2 3 4')
    with pytest.raises(FileFormatError, match='99999999999999'):
        read_ply(tmp_path / 'a.ply')


@pytest.mark.parametrize('file_format', FORMATS)
def test_every_truncation_is_a_typed_error(tmp_path, file_format):
    write_ply(tmp_path / 'a.ply', make_mesh(4), file_format)
    data = (tmp_path / 'a.ply').read_bytes().rstrip(b'\n')
    for length in range(0, len(data) - 4, 3):
        (tmp_path / 'b.ply').write_bytes(data[:length])
        with pytest.raises(DataError):
            read_ply(tmp_path / 'b.ply')


@settings(max_examples=150, deadline=None)
@given(position=st.integers(0, 400), value=st.integers(0, 255))
def test_one_changed_byte_never_causes_an_untyped_error(tmp_path_factory, position, value):
    folder = tmp_path_factory.getbasetemp()
    data = bytearray(scannet_like('<', 'binary_little_endian'))
    data[position % len(data)] = value
    (folder / 'fuzz.ply').write_bytes(bytes(data))
    with contextlib.suppress(DataError):
        read_ply(folder / 'fuzz.ply')


def color_file(kind: str, colors: str) -> str:
    names = ''.join(f'property {kind} {name}\n' for name in ('x', 'y', 'z', 'red', 'green', 'blue'))
    return f'ply\nformat ascii 1.0\nelement vertex 1\n{names}end_header\n0 0 0 {colors}\n'


def test_floating_colors_in_zero_to_one_are_scaled(tmp_path):
    (tmp_path / 'a.ply').write_text(color_file('float', '1.0 0.5 0'))
    np.testing.assert_array_equal(read_ply(tmp_path / 'a.ply').colors, [[255, 128, 0]])
    (tmp_path / 'a.ply').write_text(color_file('float', '200 10 0'))
    np.testing.assert_array_equal(read_ply(tmp_path / 'a.ply').colors, [[200, 10, 0]])


@pytest.mark.parametrize(('kind', 'colors'), [('ushort', '65535 0 0'), ('float', 'nan 0 0'), ('int', '-1 0 0')])
def test_colors_out_of_range_are_refused(tmp_path, kind, colors):
    (tmp_path / 'a.ply').write_text(color_file(kind, colors))
    with pytest.raises(FileFormatError, match='colours'):
        read_ply(tmp_path / 'a.ply')


def test_missing_file_is_a_typed_error(tmp_path):
    with pytest.raises(DataError, match='nothing'):
        read_ply(tmp_path / 'nothing.ply')


def test_meshes_that_do_not_fit_together_are_not_written(tmp_path):
    points = np.zeros((2, 3), np.float32)
    for mesh in (
        PlyMesh(points, colors=np.zeros((3, 3), np.uint8)),
        PlyMesh(points, faces=np.array([[0, 1, 2]])),
        PlyMesh(points, faces=np.array([[0, 1]])),
        PlyMesh(points, extra={'label': np.zeros(3, np.uint8)}),
        PlyMesh(points, extra={'two words': np.zeros(2, np.uint8)}),
        PlyMesh(points, extra={'label': np.zeros(2, np.int64)}),
    ):
        with pytest.raises(DataError):
            write_ply(tmp_path / 'a.ply', mesh)
    with pytest.raises(DataError, match='format'):
        write_ply(tmp_path / 'a.ply', PlyMesh(points), 'binary')
    assert list(tmp_path.iterdir()) == []
