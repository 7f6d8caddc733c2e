"""OBJ: polygons, negative indices, colours, normals, and lines that make no sense."""

import numpy as np
import pytest

from uniseg3d.io.obj import read_obj
from uniseg3d.utils.errors import FileFormatError

SQUARE = 'v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\n'


def read(tmp_path, text):
    (tmp_path / 'a.obj').write_text(text)
    return read_obj(tmp_path / 'a.obj')


def test_polygons_become_fans_whatever_stands_behind_the_slashes(tmp_path):
    mesh = read(tmp_path, 'mtllib a.mtl\no room\n' + SQUARE + 'vt 0 0\nusemtl wall\nf 1/1/1 2//1 3/1 4\nf 1 2 \\\n3\n')
    np.testing.assert_array_equal(mesh.faces, [[0, 1, 2], [0, 2, 3], [0, 1, 2]])
    assert mesh.colors is None and mesh.normals is None


def test_negative_indices_count_back_from_their_face(tmp_path):
    mesh = read(tmp_path, SQUARE + 'f -4 -3 -2\nv 5 5 5\nf -1 -2 -3\n')
    np.testing.assert_array_equal(mesh.faces, [[0, 1, 2], [4, 3, 2]])


def test_colours_of_both_ranges_and_one_normal_per_vertex(tmp_path):
    mesh = read(tmp_path, 'v 0 0 0 1 0 0.5\nv 1 0 0 0 1 0\nvn 0 0 1\nvn 0 1 0\n')
    np.testing.assert_array_equal(mesh.colors, [[255, 0, 128], [0, 255, 0]])
    np.testing.assert_array_equal(mesh.normals, [[0, 0, 1], [0, 1, 0]])
    np.testing.assert_array_equal(read(tmp_path, 'v 0 0 0 200 0 7\n').colors, [[200, 0, 7]])
    assert read(tmp_path, SQUARE + 'vn 0 0 1\n').normals is None


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('hello\n', 'no vertices'),
        ('v 0 0\nv 1 1\n', 'have 2 numbers'),
        ('v 0 0 0\nv 1 1\n', 'equally many numbers'),
        ('v 0 0 zero\n', 'equally many numbers'),
        (SQUARE + 'f 1 2 9\n', 'vertex outside 0..3'),
        (SQUARE + 'f 0 1 2\n', 'vertex outside'),
        (SQUARE + 'f -9 1 2\n', 'vertex outside'),
        (SQUARE + 'f 1 2\n', 'face 0 has 2 vertices'),
        (SQUARE + 'f 1 2 x\n', 'something else than vertex numbers'),
        (SQUARE + 'f 1 2 99999999999999999999999\n', 'something else'),
    ],
)
def test_nonsense_is_refused(tmp_path, text, message):
    with pytest.raises(FileFormatError, match=message) as caught:
        read(tmp_path, text)
    assert 'a.obj' in str(caught.value)
