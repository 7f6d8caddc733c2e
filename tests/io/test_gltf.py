"""Reading GLB scenes that others wrote: nodes, triangles, number types, textures, and what is refused."""

import io
import json
import struct

import numpy as np
import pytest
from PIL import Image

from uniseg3d.io.gltf import read_glb
from uniseg3d.utils.errors import FileFormatError

TRIANGLE = np.array([[0, 0, 0], [1, 0, 0], [0, 2, 0]], '<f4')


def write(path, document, *views):
    """A file whose buffer views are ``views``, one after the other."""
    binary, described = b'', []
    for view in views:
        binary += b'\0' * (-len(binary) % 4)
        described.append({'buffer': 0, 'byteOffset': len(binary), 'byteLength': len(view)})
        binary += view
    document = {
        'asset': {'version': '2.0'}, 'bufferViews': described, 'buffers': [{'byteLength': len(binary)}],
        'scenes': [{'nodes': [0]}], 'nodes': [{'mesh': 0}], **document,
    }  # fmt: skip
    text = json.dumps(document).encode()
    text += b' ' * (-len(text) % 4)
    binary += b'\0' * (-len(binary) % 4)
    chunks = struct.pack('<II', len(text), 0x4E4F534A) + text + struct.pack('<II', len(binary), 0x004E4942) + binary
    path.write_bytes(struct.pack('<4sII', b'glTF', 2, 12 + len(chunks)) + chunks)


def mesh(**primitive):
    return [{'primitives': [{'attributes': {'POSITION': 0}, **primitive}]}]


POSITION = {'bufferView': 0, 'componentType': 5126, 'type': 'VEC3', 'count': 3}


def test_y_up_becomes_z_up_and_nodes_place_their_meshes(tmp_path):
    half_turn_about_y = [0, 1, 0, 0]
    nodes = [{'children': [1], 'translation': [10, 0, 0]}, {'mesh': 0, 'rotation': half_turn_about_y, 'scale': [2, 2, 2]}]
    write(tmp_path / 'a.glb', {'nodes': nodes, 'meshes': mesh(), 'accessors': [POSITION]}, TRIANGLE.tobytes())
    cloud = read_glb(tmp_path / 'a.glb')
    np.testing.assert_allclose(cloud.xyz, [[10, 0, 0], [8, 0, 0], [10, 0, 4]], atol=1e-6)
    np.testing.assert_array_equal(cloud.faces, [[0, 1, 2]])
    assert cloud.metric_z_up and cloud.colors is None


def test_two_meshes_join_with_their_indices_and_strided_short_colours(tmp_path):
    interleaved = np.zeros(3, [('xyz', '<f4', 3), ('rgb', '<u2', 4)])
    interleaved['xyz'], interleaved['rgb'] = TRIANGLE, [[65535, 0, 0, 65535]] * 3
    accessors = [
        POSITION,
        {'bufferView': 0, 'byteOffset': 12, 'componentType': 5123, 'type': 'VEC4', 'count': 3, 'normalized': True},
        {'bufferView': 1, 'componentType': 5121, 'type': 'SCALAR', 'count': 3},
    ]
    colored = {'attributes': {'POSITION': 0, 'COLOR_0': 1}, 'indices': 2}
    document = {
        'nodes': [{'mesh': 0}, {'mesh': 1}], 'scenes': [{'nodes': [0, 1]}], 'accessors': accessors,
        'meshes': [{'primitives': [colored]}, *mesh(indices=2)],
    }  # fmt: skip
    path = tmp_path / 'a.glb'
    write(path, document, interleaved.tobytes(), bytes([2, 1, 0]))
    data = path.read_bytes()
    text = json.loads(data[20 : 20 + struct.unpack_from('<I', data, 12)[0]])
    text['bufferViews'][0]['byteStride'] = 20
    write(path, text, interleaved.tobytes(), bytes([2, 1, 0]))
    cloud = read_glb(path)
    assert sorted(map(tuple, cloud.faces.tolist())) == [(2, 1, 0), (5, 4, 3)]
    assert sorted(map(tuple, cloud.colors.tolist())) == [(255, 0, 0)] * 3 + [(255, 255, 255)] * 3


def test_textures_colour_the_vertices(tmp_path):
    picture = io.BytesIO()
    Image.fromarray(np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [9, 9, 9]]], np.uint8)).save(picture, 'png')
    places = np.array([[0.25, 0.25], [0.75, 0.25], [1.25, 0.75]], '<f4')  # the last beyond the border
    document = {
        'accessors': [POSITION, {'bufferView': 1, 'componentType': 5126, 'type': 'VEC2', 'count': 3}],
        'meshes': [{'primitives': [{'attributes': {'POSITION': 0, 'TEXCOORD_0': 1}, 'material': 0, 'mode': 0}]}],
        'materials': [{'pbrMetallicRoughness': {'baseColorTexture': {'index': 0}}}],
        'textures': [{'source': 0}], 'images': [{'bufferView': 2, 'mimeType': 'image/png'}],
    }  # fmt: skip
    write(tmp_path / 'a.glb', document, TRIANGLE.tobytes(), places.tobytes(), picture.getvalue())
    cloud = read_glb(tmp_path / 'a.glb')
    np.testing.assert_array_equal(cloud.colors, [[255, 0, 0], [0, 255, 0], [0, 0, 255]])
    assert cloud.faces is None
    write(tmp_path / 'b.glb', document, TRIANGLE.tobytes(), places.tobytes(), b'no picture')
    with pytest.raises(FileFormatError, match='no readable picture'):
        read_glb(tmp_path / 'b.glb')


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({'extensionsRequired': ['KHR_draco_mesh_compression']}, 'compressed with KHR_draco'),
        ({'accessors': [POSITION | {'count': 4}]}, 'beyond its data'),
        ({'accessors': [POSITION | {'count': 10**15}]}, 'beyond its data'),
        ({'accessors': [POSITION | {'byteOffset': -12}]}, 'beyond its data'),
        ({'accessors': [POSITION | {'sparse': {}}]}, 'sparse'),
        ({'accessors': [POSITION | {'type': 'MAT4'}]}, 'no readable geometry'),
        ({'buffers': [{'byteLength': 36, 'uri': 'a.bin'}]}, 'keeps its data in other files'),
        ({'meshes': mesh(mode=5)}, 'mode 5'),
        ({'meshes': mesh(indices=7)}, 'no readable geometry'),
        ({'nodes': [{'children': [0]}]}, 'no points and no triangles'),
        ({'scenes': [{'nodes': []}]}, 'no points and no triangles'),
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path, change, message):
    write(tmp_path / 'a.glb', {'meshes': mesh(), 'accessors': [POSITION]} | change, TRIANGLE.tobytes())
    with pytest.raises(FileFormatError, match=message) as caught:
        read_glb(tmp_path / 'a.glb')
    assert 'a.glb' in str(caught.value)
