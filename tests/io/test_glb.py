"""GLB clouds: what is written reads back, the file is what the standard asks for, and broken files are refused."""

import json
import struct

import numpy as np
import pytest

from uniseg3d.io.glb import write_glb
from uniseg3d.io.gltf import read_glb
from uniseg3d.utils.errors import DataError, FileFormatError


@pytest.fixture
def cloud(tmp_path):
    rng = np.random.default_rng(0)
    xyz, colors = rng.normal(size=(101, 3)).astype(np.float32), rng.integers(0, 256, (101, 3), dtype=np.uint8)
    path = tmp_path / 'cloud é.glb'
    write_glb(path, xyz, colors)
    return path, xyz, colors


def chunks(data):
    start = 12
    while start < len(data):
        length, kind = struct.unpack_from('<II', data, start)
        yield kind, data[start + 8 : start + 8 + length]
        start += 8 + length


def test_round_trip(cloud):
    path, xyz, colors = cloud
    back = read_glb(path)
    np.testing.assert_array_equal(back.xyz, xyz)
    np.testing.assert_array_equal(back.colors, colors)
    assert back.faces is None and back.metric_z_up


def test_the_container_is_aligned_and_says_its_length(cloud):
    data = cloud[0].read_bytes()
    magic, version, length = struct.unpack_from('<4sII', data)
    assert (magic, version, length) == (b'glTF', 2, len(data))
    kinds = [(kind, len(content) % 4) for kind, content in chunks(data)]
    assert kinds == [(0x4E4F534A, 0), (0x004E4942, 0)]


def test_the_document_has_what_viewers_need(cloud):
    path, xyz, _ = cloud
    document = json.loads(dict(chunks(path.read_bytes()))[0x4E4F534A])
    position, color = document['accessors']
    np.testing.assert_allclose([position['min'], position['max']], [xyz.min(0), xyz.max(0)])
    assert color['normalized'] and color['type'] == 'VEC4'
    assert document['meshes'][0]['primitives'][0]['mode'] == 0
    total = document['bufferViews'][1]['byteOffset'] + document['bufferViews'][1]['byteLength']
    assert document['buffers'] == [{'byteLength': total}]


def test_up_becomes_up(cloud):
    document = json.loads(dict(chunks(cloud[0].read_bytes()))[0x4E4F534A])
    matrix = np.array(document['nodes'][0]['matrix']).reshape(4, 4).T  # stored by columns
    assert (matrix @ [0, 0, 1, 1]).tolist() == [0, 1, 0, 1]  # z up -> y up
    assert np.linalg.det(matrix[:3, :3]) == pytest.approx(1)


def test_wrong_arrays_are_refused(tmp_path):
    with pytest.raises(DataError, match=r'needs points and colours \[N, 3\]'):
        write_glb(tmp_path / 'a.glb', np.zeros((2, 3)), np.zeros((1, 3), dtype=np.uint8))
    with pytest.raises(DataError):
        write_glb(tmp_path / 'a.glb', np.zeros((0, 3)), np.zeros((0, 3), dtype=np.uint8))
    assert not list(tmp_path.iterdir())


def test_broken_files_are_refused(tmp_path, cloud):
    data = cloud[0].read_bytes()
    broken = {
        'short': data[:10],
        'truncated': data[:-8],
        'foreign': b'PLY!' + data[4:],
        'no json': struct.pack('<4sII', b'glTF', 2, 24) + struct.pack('<II', 4, 0x4E4F534A) + b'nope',
        'no cloud': struct.pack('<4sII', b'glTF', 2, 24) + struct.pack('<II', 4, 0x4E4F534A) + b'{}  ',
    }
    for name, content in broken.items():
        path = tmp_path / f'{name}.glb'
        path.write_bytes(content)
        with pytest.raises(FileFormatError, match=name):
            read_glb(path)
    with pytest.raises(DataError, match='cannot read'):
        read_glb(tmp_path / 'missing.glb')
