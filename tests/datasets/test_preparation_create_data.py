"""From an export to a data set: binary arrays, info files, sentences; and what is said when something is missing."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from raw_scans import ALIGNMENT, SIDE, scan_mesh, write_json, write_scannet

from uniseg3d.datasets.preparation.conversion import thing_boxes
from uniseg3d.datasets.preparation.create_data import create_rooms, create_scannet
from uniseg3d.datasets.preparation.descriptions import read_descriptions
from uniseg3d.datasets.preparation.export_batch import ExportSettings
from uniseg3d.datasets.preparation.export_scannet import export_scannet
from uniseg3d.io.arrays import read_bin, write_npz
from uniseg3d.io.infos import read_infos
from uniseg3d.utils.errors import DataError, FileFormatError

TRAIN, VAL = 'scene0000_00', 'scene0001_00'
COUNT = len(scan_mesh().vertices)


def description(scene_id: str, object_id: object, text: str) -> dict[str, object]:
    return {'scene_id': scene_id, 'object_id': object_id, 'object_name': 'x', 'ann_id': '0', 'description': text, 'token': []}


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """Raw scans with sentences about object 1 (chair), 2 (pillow, no class) and 3 (table)."""
    root = write_scannet(tmp_path / 'data ü')
    entries = [
        description(TRAIN, '3', 'the low table'),
        description(TRAIN, '1', 'a chair by the table'),
        description(TRAIN, '2', 'a pillow'),
        description(TRAIN, '3', 'it is wooden') | {'kind': 'material'},
        description(TRAIN, '77', 'a ghost'),
        description('scene0099_00', '1', 'another scene'),
    ]
    write_json(root / 'ScanRefer_filtered_train.json', entries)
    write_npz(root / 'pseudo_masks' / f'{TRAIN}.npz', masks=np.ones((2, COUNT), bool))
    return root


def export(root: Path, scannet200: bool = False, test: bool = True) -> Path:
    meta = root / 'meta_data'
    settings = ExportSettings(root / 'scannet_instance_data', meta / 'scannetv2-labels.combined.tsv', scannet200)
    test_folder = root / ('scans_test' if test else 'none')
    export_scannet(settings, (root / 'scans', meta / 'scannet_train.txt'), (test_folder, meta / 'scannetv2_test.txt'))
    return root


def test_binary_arrays_have_the_types_that_training_reads(raw: Path) -> None:
    create_scannet(export(raw), raw)
    mesh = scan_mesh()
    points = read_bin(raw / 'points' / f'{TRAIN}.bin', np.float32, columns=6)
    assert np.array_equal(points, np.concatenate([mesh.vertices, mesh.colors], axis=1))
    ids = {
        name: read_bin(raw / name / f'{TRAIN}.bin', np.int64, count=COUNT)
        for name in ('super_points', 'instance_mask', 'semantic_mask')
    }
    assert ids['super_points'][:: SIDE**2].tolist() == [0, 1, 2, 3]
    assert ids['instance_mask'][:: SIDE**2].tolist() == [1, 2, 3, 4]
    assert ids['semantic_mask'][:: SIDE**2].tolist() == [2, 5, 18, 7]


def test_info_files_of_the_three_splits(raw: Path) -> None:
    paths = create_scannet(export(raw), raw)
    assert [path.name for path in paths] == [f'uniseg3d_infos_{split}.json' for split in ('train', 'val', 'test')]
    (train,), (val,), (test,) = (read_infos(path) for path in paths)
    assert (train.scene_id, val.scene_id, test.scene_id) == (TRAIN, VAL, 'scene0700_00')
    assert train.num_points == COUNT
    assert np.array_equal(train.axis_align_matrix, ALIGNMENT)
    assert [(box.object_id, box.label) for box in train.instances] == [(1, 2), (3, 4)]  # chair and table
    assert train.pseudo_masks_path == f'{TRAIN}.npz'
    assert val.pseudo_masks_path is None
    assert (test.instance_mask_path, test.semantic_mask_path, test.instances) == (None, None, [])
    assert not (raw / 'instance_mask' / 'scene0700_00.bin').exists()


def test_sentences_about_other_classes_are_dropped_and_counted(raw: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train, val, _ = (read_infos(path) for path in create_scannet(export(raw), raw))
    assert [(t.object_id, t.label, t.sentences) for t in train[0].texts] == [
        (3, 4, ['the low table', 'it is wooden']),
        (1, 2, ['a chair by the table']),
    ]
    assert [text.kinds for text in train[0].texts] == [['', 'material'], []]
    assert train[0].texts[1].tokens[0, :3].tolist() == [49406, 320, 4269]
    assert val[0].texts == []
    out = capsys.readouterr().out
    assert '3 sentences (2 dropped' in out
    assert 'ScanRefer_filtered_val.json is not there' in out


def test_boxes_are_aligned_and_in_metres(raw: Path) -> None:
    train = read_infos(create_scannet(export(raw), raw)[0])[0]
    chair = train.instances[0]  # stands at x = 2, y from 0 to 1, z from 0 to 1; ALIGNMENT turns it by -90 degrees
    assert np.allclose(chair.center, [0.5 + 2, -2 + 3, 0.5 - 1])
    assert np.allclose(chair.size, [1, 0, 1])


def test_rooms_run_the_export_themselves(raw: Path) -> None:
    paths = create_rooms(raw, raw)
    assert [len(read_infos(path)) for path in paths] == [1, 1, 1]
    assert (raw / 'scannet_instance_data' / f'{TRAIN}_vert.npy').exists()


def test_both_ways_give_the_same_files_but_for_the_superpoints(raw: Path, tmp_path: Path) -> None:
    rooms = shutil.copytree(raw, tmp_path / 'rooms')
    create_scannet(export(raw), raw)
    create_rooms(rooms, rooms)
    one, other = ({path.relative_to(root): path.read_bytes() for path in root.rglob('*.bin')} for root in (raw, rooms))
    assert one.keys() == other.keys()
    assert {path.parent.name for path in one if one[path] != other[path]} <= {'super_points'}


def test_second_run_writes_stale_files_only(raw: Path) -> None:
    create_scannet(export(raw), raw)
    files = sorted(raw.rglob('*.bin'))
    stamps = {path: path.stat().st_mtime_ns for path in files}
    files[0].write_bytes(files[0].read_bytes()[:-8])  # cut short by somebody
    source = raw / 'scannet_instance_data' / f'{VAL}_vert.npy'
    later = stamps[raw / 'points' / f'{VAL}.bin'] + 10**9
    os.utime(source, ns=(later, later))  # exported again
    create_scannet(raw, raw)
    changed = {path for path in files if path.stat().st_mtime_ns != stamps[path]}
    assert changed == {files[0], raw / 'points' / f'{VAL}.bin'}


def test_other_output_folder_is_complete(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / 'elsewhere'
    create_scannet(export(raw), out, tag='mine')
    assert {path.name for path in out.iterdir()} >= {'points', 'pseudo_masks', 'mine_infos_train.json', 'mine_infos_val.json'}
    assert (out / 'pseudo_masks' / f'{TRAIN}.npz').exists()
    assert not (raw / 'points').exists()


def test_scannet200_export_keeps_its_ids_and_the_18_classes(raw: Path) -> None:
    train = read_infos(create_scannet(export(raw, scannet200=True), raw)[0])[0]
    assert read_bin(raw / 'semantic_mask' / f'{TRAIN}.bin', np.int64)[:: SIDE**2].tolist() == [3, 2, 13, 4]
    assert [(box.object_id, box.label) for box in train.instances] == [(1, 2), (3, 4)]


def test_unexported_test_split_is_said_not_refused(raw: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = create_scannet(export(raw, test=False), raw)
    assert read_infos(paths[2]) == []
    assert 'none of the 1 test scans was exported' in capsys.readouterr().out


def test_missing_export_says_what_to_run(raw: Path) -> None:
    with pytest.raises(DataError, match=r'lacks 1 of the 1 train scans.*batch_load_scannet_data\.py'):
        create_scannet(raw, raw)
    assert not list(raw.glob('*_infos_*'))


def test_missing_rooms_say_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r'make_rooms\.py --out'):
        create_rooms(tmp_path, tmp_path)


def test_rooms_that_cannot_be_exported_stop_with_their_reason(raw: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mesh = raw / 'scans' / VAL / f'{VAL}_vh_clean_2.ply'
    mesh.write_bytes(mesh.read_bytes()[:-50])
    with pytest.raises(DataError, match='1 scans could not be exported'):
        create_rooms(raw, raw)
    assert f'failed: {VAL}: ' in capsys.readouterr().err


def test_damaged_export_is_named(raw: Path) -> None:
    path = export(raw) / 'scannet_instance_data' / f'{VAL}_sp_label.npy'
    np.save(path, np.arange(5))
    with pytest.raises(FileFormatError, match=rf'{VAL}_sp_label.npy: expected shape \({COUNT},\), got \(5,\)'):
        create_scannet(raw, raw)


@pytest.mark.parametrize(
    ('content', 'words'),
    [
        ('{', 'not valid JSON'),
        ('{}', 'expected a list'),
        ('[{"scene_id": "a"}]', '"object_id" is missing'),
        ('[{"scene_id": "a", "object_id": "x", "description": "b"}]', '"object_id" must be an integer'),
        ('[{"scene_id": "a", "object_id": "1", "description": 7}]', 'entry 0: field "description"'),
        ('[{"scene_id": "a", "object_id": "1", "description": "b", "kind": 7}]', 'entry 0: field "kind"'),
    ],
)
def test_damaged_descriptions_are_named(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / 'd.json').write_text(content)
    with pytest.raises(FileFormatError, match=words):
        read_descriptions(tmp_path / 'd.json')


def test_object_class_is_that_of_its_first_point_among_the_things() -> None:
    xyz = np.arange(15.0).reshape(5, 3)
    instance, classes = np.array([4, 4, 4, 9, 0]), np.array([1, 19, 2, 20, 5])
    (box,) = thing_boxes(xyz, instance, classes, np.eye(4))
    assert (box.object_id, box.label) == (3, 17)
    assert box.center.tolist() == [4.5, 5.5, 6.5]
    assert thing_boxes(xyz, instance, np.full(5, 20), np.eye(4)) == []
