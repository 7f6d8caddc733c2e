"""Raw scans: what is read, and what each kind of damage is called."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from raw_scans import ALIGNMENT, LABEL_MAP, groups, scan_mesh, write_json, write_scan

from uniseg3d.io.ply import PlyMesh, write_ply
from uniseg3d.io.scannet import read_axis_alignment, read_label_map, read_scan
from uniseg3d.utils.errors import DataError, FileFormatError

SCENE = 'scene0000_00'


def file(folder: Path, kind: str) -> Path:
    return (
        folder
        / {
            'mesh': f'{SCENE}_vh_clean_2.ply',
            'segments': f'{SCENE}_vh_clean_2.0.010000.segs.json',
            'groups': f'{SCENE}.aggregation.json',
            'text': f'{SCENE}.txt',
        }[kind]
    )


def test_scan_holds_mesh_and_annotation(tmp_path: Path) -> None:
    scan = read_scan(write_scan(tmp_path, SCENE), SCENE, annotated=True)
    mesh = scan_mesh()
    assert np.array_equal(scan.vertices, mesh.vertices)
    assert np.array_equal(scan.colors, mesh.colors)
    assert np.array_equal(scan.faces, mesh.faces)
    assert scan.annotation is not None
    assert [g.label for g in scan.annotation.groups] == [g['label'] for g in groups()]
    assert [g.segments.tolist() for g in scan.annotation.groups] == [g['segments'] for g in groups()]
    assert len(scan.annotation.segments) == len(mesh.vertices)
    assert np.array_equal(scan.annotation.axis_align_matrix, ALIGNMENT)


def test_test_scan_needs_the_mesh_only(tmp_path: Path) -> None:
    scan = read_scan(write_scan(tmp_path, SCENE, annotated=False), SCENE, annotated=False)
    assert scan.annotation is None
    assert len(scan.vertices) == len(scan_mesh().vertices)


def test_path_with_blanks_and_umlauts(tmp_path: Path) -> None:
    folder = write_scan(tmp_path / 'größere Räume', SCENE)
    assert len(read_scan(folder, SCENE, annotated=True).vertices) > 0


@pytest.mark.parametrize('text', ['', 'sceneType = Hall\n', 'axisalignment = 1\n'])
def test_no_alignment_line_means_identity(tmp_path: Path, text: str) -> None:
    path = tmp_path / 'scan.txt'
    path.write_text(text)
    assert np.array_equal(read_axis_alignment(path), np.eye(4))


def test_first_alignment_line_counts(tmp_path: Path) -> None:
    path = tmp_path / 'scan.txt'
    first, second = (' '.join(str(n + shift) for n in range(16)) for shift in (0, 5))
    path.write_text(f'a = b\naxisAlignment = {first} \naxisAlignment = {second}\n')
    assert np.array_equal(read_axis_alignment(path), np.arange(16).reshape(4, 4))


def spoil_json(kind: str, change: Callable[[dict], object]) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        content = json.loads(file(folder, kind).read_text())
        change(content)
        write_json(file(folder, kind), content)

    return spoil


def replace(kind: str, content: bytes) -> Callable[[Path], None]:
    return lambda folder: (file(folder, kind).write_bytes(content), None)[1]


def cut(kind: str) -> Callable[[Path], None]:
    return lambda folder: (file(folder, kind).write_bytes(file(folder, kind).read_bytes()[:-20]), None)[1]


def new_mesh(**changes: object) -> Callable[[Path], None]:
    return lambda folder: write_ply(file(folder, 'mesh'), PlyMesh(**({**vars(scan_mesh()), **changes})))


NAN_VERTICES = np.where(np.arange(len(scan_mesh().vertices))[:, None] == 7, np.nan, scan_mesh().vertices)
DAMAGE = [
    pytest.param(cut('mesh'), 'vh_clean_2.ply', id='truncated mesh'),
    pytest.param(new_mesh(vertices=NAN_VERTICES), 'vertex 7', id='NaN vertex'),
    pytest.param(new_mesh(colors=None), 'no colours', id='no colours'),
    pytest.param(new_mesh(faces=None), 'no faces', id='no faces'),
    pytest.param(cut('segments'), 'not valid JSON', id='corrupt JSON'),
    pytest.param(replace('groups', b'[' * 100_000), 'not valid JSON', id='deep JSON'),
    pytest.param(replace('groups', b'\xff\xfe\x00'), 'not valid JSON', id='binary instead of JSON'),
    pytest.param(replace('groups', b'[]'), 'named fields', id='list instead of object'),
    pytest.param(spoil_json('segments', lambda c: c['segIndices'].pop()), 'per vertex (144), got 143', id='short segments'),
    pytest.param(spoil_json('segments', lambda c: c['segIndices'].append(1.5)), 'integers', id='fractional segment'),
    pytest.param(spoil_json('segments', lambda c: c['segIndices'].append(2**70)), 'integers', id='overflowing segment'),
    pytest.param(spoil_json('segments', lambda c: c.clear()), '"segIndices" is missing', id='missing field'),
    pytest.param(spoil_json('groups', lambda c: c['segGroups'][1].update(objectId=7)), '0..3, each once', id='id gap'),
    pytest.param(spoil_json('groups', lambda c: c['segGroups'][1].update(objectId=0)), '0..3, each once', id='id twice'),
    pytest.param(spoil_json('groups', lambda c: c['segGroups'][1].update(objectId=-1)), 'integer from 0', id='negative id'),
    pytest.param(spoil_json('groups', lambda c: c['segGroups'][2].pop('label')), 'segGroups[2]', id='group without label'),
    pytest.param(replace('text', b'axisAlignment = 1 2 3'), '16 finite numbers, got 3', id='short alignment'),
    pytest.param(replace('text', b'axisAlignment = 1 x'), 'not a number', id='word in alignment'),
    pytest.param(lambda folder: file(folder, 'text').unlink(), 'cannot read', id='no text file'),
    pytest.param(lambda folder: file(folder, 'mesh').unlink(), 'cannot read', id='no mesh'),
]


@pytest.mark.parametrize(('spoil', 'words'), DAMAGE)
def test_damage_is_a_typed_error_that_names_it(tmp_path: Path, spoil: Callable[[Path], None], words: str) -> None:
    folder = write_scan(tmp_path, SCENE)
    spoil(folder)
    with pytest.raises(DataError) as caught:
        read_scan(folder, SCENE, annotated=True)
    assert words in str(caught.value)
    assert str(folder) in str(caught.value)


def test_missing_aggregation_says_where_test_scans_belong(tmp_path: Path) -> None:
    folder = write_scan(tmp_path, SCENE, annotated=False)
    with pytest.raises(DataError, match='test folder'):
        read_scan(folder, SCENE, annotated=True)


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match='nowhere does not exist'):
        read_scan(tmp_path / 'nowhere', SCENE, annotated=False)


def test_label_map_reads_both_columns(tmp_path: Path) -> None:
    path = tmp_path / 'labels.tsv'
    path.write_text(LABEL_MAP, newline='')
    assert read_label_map(path, 'nyu40id') == {'floor': 2, 'chair': 5, 'pillow': 18, 'table': 7}
    assert read_label_map(path, 'id') == {'floor': 3, 'chair': 2, 'pillow': 13, 'table': 4}


@pytest.mark.parametrize(
    ('text', 'words'),
    [
        ('', 'first line'),
        ('id\traw_category\n1\twall\n', 'nyu40id'),
        ('raw_category\tnyu40id\nwall\tx\n', 'line 2'),
        ('raw_category\tnyu40id\nwall\t1\nfloor\n', 'line 3'),
        ('raw_category\tnyu40id\nwall\t-1\n', 'line 2'),
    ],
)
def test_damaged_label_map_is_a_format_error(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / 'labels.tsv'
    path.write_text(text)
    with pytest.raises(FileFormatError, match=words):
        read_label_map(path, 'nyu40id')
