"""Text clouds: separators, headers, what the columns mean, and lines that make no sense."""

import numpy as np
import pytest

from uniseg3d.io.columns import table_cloud
from uniseg3d.io.text_cloud import read_text_cloud
from uniseg3d.utils.errors import FileFormatError


def read(tmp_path, text, encoding='utf-8'):
    (tmp_path / 'a.txt').write_text(text, encoding=encoding)
    return read_text_cloud(tmp_path / 'a.txt')


@pytest.mark.parametrize('separator', [' ', '\t', ',', ';', ', ', '   '])
def test_separators(tmp_path, separator):
    cloud = read(tmp_path, '\n'.join(separator.join(row) for row in (['1', '2', '3.5'], ['-1', '4e-1', '.5'])) + '\n')
    np.testing.assert_array_equal(cloud.xyz, [[1, 2, 3.5], [-1, 0.4, 0.5]])


@pytest.mark.parametrize(
    'header',
    ['# exported', '//X Y Z R G B', '2', 'x,y,z,red,green,blue', 'x y z r g b', 'Größe: 2 Punkte\n\nx y z r g b'],
)
def test_headers(tmp_path, header):
    cloud = read(tmp_path, f'{header}\n0 1 2 10 20 30\n3 4 5 40 50 60\n')
    np.testing.assert_array_equal(cloud.xyz, [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(cloud.colors, [[10, 20, 30], [40, 50, 60]])


def test_names_decide_where_there_are_names(tmp_path):
    cloud = read(tmp_path, 'intensity x y z nx ny nz r g b\n9 0 1 2 0 0 1 10 20 30\n9 3 4 5 1 0 0 40 50 60\n')
    np.testing.assert_array_equal(cloud.xyz, [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(cloud.normals, [[0, 0, 1], [1, 0, 0]])
    np.testing.assert_array_equal(cloud.colors[1], [40, 50, 60])


def unit_rows(count=30):
    rows = np.random.default_rng(0).normal(size=(count, 3))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_values_decide_where_there_are_none():
    rng = np.random.default_rng(0)
    xyz, rgb, normals = rng.normal(size=(30, 3)), rng.integers(0, 256, (30, 3)), unit_rows()
    for parts in ([xyz, rgb, normals], [xyz, normals, rgb], [xyz, normals, rgb / 255]):
        cloud = table_cloud(np.concatenate(parts, 1), 'a')
        np.testing.assert_allclose(cloud.normals, normals, atol=1e-6)
        np.testing.assert_array_equal(cloud.colors, rgb)
    intensity = rng.normal(size=(30, 1)) * 100
    np.testing.assert_array_equal(table_cloud(np.concatenate([xyz, intensity, rgb], 1), 'a').colors, rgb)
    labelled = table_cloud(np.concatenate([xyz, rgb, rng.integers(0, 20, (30, 1))], 1), 'a')
    np.testing.assert_array_equal(labelled.colors, rgb)
    for columns in (1, 2):
        bare = table_cloud(np.concatenate([xyz, rng.normal(size=(30, columns))], 1), 'a')
        assert bare.colors is None and bare.normals is None


def test_a_few_broken_lines_are_left_out(tmp_path):
    rows = [f'{i} {i} {i} 1 2 {i % 200}' for i in range(400)]
    rows[7] = '7 7 7 1 2'
    rows[9] = '9 9 9 1\x002 9'  # as in S3DIS
    rows[11] = 'what?'
    cloud = read(tmp_path, '\n'.join(rows) + '\n')
    assert len(cloud) == 398 and cloud.xyz[-1, 0] == 399


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('Dear Sir or Madam,\nplease\n', "no row of at least three numbers.*'Dear Sir"),
        ('1 2\n3 4\n', 'no row of at least three'),
        ('1 2 3\n4 5\n6 7\n8 9 10\n', '2 of 4 lines are not 3 numbers, the first is line 2'),
        ('\x00' * 500, 'no row of at least three'),
    ],
)
def test_other_texts_are_refused(tmp_path, text, message):
    with pytest.raises(FileFormatError, match=message) as caught:
        read(tmp_path, text)
    assert 'a.txt' in str(caught.value)
