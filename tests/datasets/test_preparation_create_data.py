"""From an export to a data set: binary arrays, info files, sentences; and what is said when something is missing."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from raw_scans import ALIGNMENT, SIDE, scan_mesh, write_json, write_scannet

from uniseg3d.datasets.preparation.conversion import thing_boxes
from uniseg3d.datasets.preparation.create_data import Options, create_rooms, create_scannet
from uniseg3d.datasets.preparation.export_batch import ExportSettings
from uniseg3d.datasets.preparation.export_scannet import export_scannet
from uniseg3d.io.arrays import read_bin, write_npz
from uniseg3d.io.infos import read_infos
from uniseg3d.utils.errors import ConfigError, DataError

TRAIN, VAL = 'scene0000_00', 'scene0001_00'
COUNT = len(scan_mesh().vertices)


def description(scene_id: str, object_id: object, text: str) -> dict[str, object]:
    return {'scene_id': scene_id, 'object_id': object_id, 'object_name': 'x', 'ann_id': '0', 'description': text, 'token': []}


def multi(object_ids: list[int], text: str, kind: str, name: str = 'x') -> dict[str, object]:
    flags = dict.fromkeys(('spatial', 'color', 'texture', 'shape'), False)
    entry = {'scene_id': TRAIN, 'object_ids': object_ids, 'object_name': name, 'ann_id': 0, 'description': text}
    return entry | flags | {'eval_type': kind}


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
    paths = create_scannet(export(raw), raw).info_files
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
    train, val, _ = (read_infos(path) for path in create_scannet(export(raw), raw).info_files)
    assert [(t.object_id, t.label, t.sentences) for t in train[0].texts] == [
        (3, 4, ['the low table', 'it is wooden']),
        (1, 2, ['a chair by the table']),
    ]
    assert [text.kinds for text in train[0].texts] == [['', 'material'], []]
    assert train[0].texts[1].tokens[0, :3].tolist() == [49406, 320, 4269]
    assert val[0].texts == []
    out = capsys.readouterr().out
    assert '3 sentences (1 dropped' in out
    assert 'ScanRefer_filtered_val.json is not there' in out


def test_boxes_are_aligned_and_in_metres(raw: Path) -> None:
    train = read_infos(create_scannet(export(raw), raw).info_files[0])[0]
    chair = train.instances[0]  # stands at x = 2, y from 0 to 1, z from 0 to 1; ALIGNMENT turns it by -90 degrees
    assert np.allclose(chair.center, [0.5 + 2, -2 + 3, 0.5 - 1])
    assert np.allclose(chair.size, [1, 0, 1])


def test_rooms_run_the_export_themselves(raw: Path) -> None:
    paths = create_rooms(raw, raw).info_files
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
    train = read_infos(create_scannet(export(raw, scannet200=True), raw).info_files[0])[0]
    assert read_bin(raw / 'semantic_mask' / f'{TRAIN}.bin', np.int64)[:: SIDE**2].tolist() == [3, 2, 13, 4]
    assert [(box.object_id, box.label) for box in train.instances] == [(1, 2), (3, 4)]


def test_unexported_test_split_is_said_not_refused(raw: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = create_scannet(export(raw, test=False), raw).info_files
    assert read_infos(paths[2]) == []
    assert 'none of the 1 test scans was exported' in capsys.readouterr().out


def test_missing_export_says_what_to_run(raw: Path) -> None:
    with pytest.raises(DataError, match=r'has none of the 1 train scans.*batch_load_scannet_data\.py'):
        create_scannet(raw, raw)
    assert not list(raw.glob('*_infos_*'))


def test_missing_rooms_say_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r'make_rooms\.py --out'):
        create_rooms(tmp_path, tmp_path)


def test_rooms_that_cannot_be_exported_are_named_and_the_others_are_made(raw: Path) -> None:
    mesh = raw / 'scans' / VAL / f'{VAL}_vh_clean_2.ply'
    mesh.write_bytes(mesh.read_bytes()[:-50])
    made = create_rooms(raw, raw)
    assert [len(read_infos(path)) for path in made.info_files] == [1, 0, 1]
    assert [fault.item for fault in made.faults] == [VAL, TRAIN]  # of the other a sentence is about an object it lacks
    assert f'{VAL}_vh_clean_2.ply' in made.faults[0].reason


def test_scans_that_were_not_exported_are_named_and_the_others_are_made(tmp_path: Path) -> None:
    root = export(write_scannet(tmp_path, train=(TRAIN, 'scene0002_00')))
    (root / 'scannet_instance_data' / 'scene0002_00_vert.npy').unlink()
    made = create_scannet(root, root)
    assert [len(read_infos(path)) for path in made.info_files] == [1, 1, 1]
    assert [(fault.item, 'run batch_load_scannet_data.py' in fault.reason) for fault in made.faults] == [('scene0002_00', True)]


def test_damaged_export_is_named(raw: Path) -> None:
    path = export(raw) / 'scannet_instance_data' / f'{VAL}_sp_label.npy'
    np.save(path, np.arange(5))
    made = create_scannet(raw, raw)
    assert f'{VAL}_sp_label.npy: expected shape ({COUNT},), got (5,)' in dict(made.faults)[VAL]
    assert [len(read_infos(file)) for file in made.info_files] == [1, 0, 1]


def test_sentences_about_objects_that_do_not_exist_are_named(raw: Path) -> None:
    made = create_scannet(export(raw), raw)
    (fault,) = made.faults
    assert (fault.item, fault.reason) == (TRAIN, 'a sentence is about object 77, which the scan does not have: "a ghost"')


def test_both_label_spaces_lie_beside_each_other(raw: Path) -> None:
    create_scannet(export(raw), raw)
    assert read_bin(raw / 'semantic_mask' / f'{TRAIN}.bin', np.int64)[:: SIDE**2].tolist() == [2, 5, 18, 7]
    assert read_bin(raw / 'semantic_mask_200' / f'{TRAIN}.bin', np.int64)[:: SIDE**2].tolist() == [3, 2, 13, 4]
    assert not (raw / 'semantic_mask_200' / 'scene0700_00.bin').exists()


def test_all_sources_of_sentences_together(raw: Path) -> None:
    write_json(raw / 'multi3drefer_train.json', [multi([3, 1], 'both', 'mt'), multi([], 'a bed', 'zt_wo_d', 'bed')])
    (raw / 'nr3d.csv').write_text('scan_id,target_id,utterance\n' + f'{TRAIN},1,the chair\n{VAL},3,this table\n')
    paths = create_scannet(export(raw), raw, options=Options(('scanrefer', 'nr3d', 'multi3drefer'))).info_files
    train, val = (read_infos(path)[0].texts for path in paths[:2])
    assert [(text.object_ids, text.label, text.sentences) for text in train] == [
        ((3,), 4, ['the low table', 'it is wooden']),
        ((1,), 2, ['a chair by the table', 'the chair']),
        ((1, 3), -1, ['both']),
        ((), -1, ['a bed']),
    ]
    assert train[2].kinds == ['mt']
    assert [text.sentences for text in val] == [['this table']]


def test_the_original_pickles_say_the_same(raw: Path) -> None:
    write_json(raw / 'multi3drefer_train.json', [multi([3, 1], 'both', 'mt')])
    paths = create_scannet(export(raw), raw, options=Options(('scanrefer', 'multi3drefer'), pickles=True)).info_files
    assert not paths[2].with_suffix('.pkl').exists()
    (ours,), (theirs,) = read_infos(paths[0]), read_infos(paths[0].with_suffix('.pkl'))
    assert [(t.object_id, t.label, t.sentences) for t in theirs.texts] == [
        (t.object_id, t.label, t.sentences) for t in ours.texts if t.object_id >= 0
    ]
    assert theirs.texts[0].point_ids is not None
    assert theirs.texts[0].point_ids.tolist() == list(range(3 * SIDE**2, 4 * SIDE**2))  # the table is the last patch
    assert np.array_equal(theirs.texts[0].tokens, ours.texts[0].tokens)
    assert np.array_equal(theirs.instances[0].center, ours.instances[0].center)
    assert np.array_equal(theirs.axis_align_matrix, ours.axis_align_matrix)
    assert theirs.novel_superpoint_masks is not None
    assert theirs.novel_superpoint_masks.tolist() == [[True] * 4] * 2
    (val,) = read_infos(paths[1].with_suffix('.pkl'))
    assert val.novel_superpoint_masks is not None
    assert val.novel_superpoint_masks.shape == (0, 4)


def test_unknown_sources_are_refused() -> None:
    with pytest.raises(ConfigError, match='multi3drefer; got hearsay'):
        Options(('hearsay',))


def test_object_class_is_that_of_its_first_point_among_the_things() -> None:
    xyz = np.arange(15.0).reshape(5, 3)
    instance, classes = np.array([4, 4, 4, 9, 0]), np.array([1, 19, 2, 20, 5])
    (box,) = thing_boxes(xyz, instance, classes, np.eye(4))
    assert (box.object_id, box.label) == (3, 17)
    assert box.center.tolist() == [4.5, 5.5, 6.5]
    assert thing_boxes(xyz, instance, np.full(5, 20), np.eye(4)) == []
