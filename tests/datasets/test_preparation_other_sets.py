"""Rooms written as raw S3DIS, Replica and ScanNet++: through their preparation to scenes that train and are measured."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from other_raw_scans import (
    S3DIS_NAMES,
    SCANNETPP_NAMES,
    objects_of,
    write_replica_scene,
    write_s3dis_room,
    write_scannetpp_lists,
    write_scannetpp_scene,
)

from uniseg3d.datasets.check import check_dataset
from uniseg3d.datasets.preparation.create_data import CreatedData
from uniseg3d.datasets.preparation.labelled_scan import LabelledScan, ScanJob, prepare_or_fault
from uniseg3d.datasets.preparation.replica import create_replica, read_scene
from uniseg3d.datasets.preparation.s3dis import create_s3dis, read_room
from uniseg3d.datasets.preparation.scannetpp import create_scannetpp, read_names
from uniseg3d.engine.config import load_config
from uniseg3d.evaluation.empty_truth import empty_truth
from uniseg3d.io.arrays import read_bin
from uniseg3d.io.infos import read_infos
from uniseg3d.io.scannet import RawScan, read_scan
from uniseg3d.registry import DATASETS
from uniseg3d.rooms.make import make_rooms
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import DataError, FileFormatError

CONFIGS = Path(__file__).parents[2] / 'configs'
REPLICA = {name: index for index, name in enumerate(class_list('replica').names)}


@pytest.fixture(scope='module')
def room(tmp_path_factory: pytest.TempPathFactory) -> RawScan:
    root = tmp_path_factory.mktemp('rooms')
    make_rooms(root, train=1, val=0, seed=3)
    return read_scan(root / 'scans' / 'room0000_00', 'room0000_00', True)


@pytest.fixture(scope='module')
def prepared(room: RawScan, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, CreatedData]]:
    """Every data set with a scene to train on and one to test with."""
    s3dis, replica, scannetpp = (tmp_path_factory.mktemp(name) for name in ('s3dis', 'replica', 'scannetpp'))
    for area in (1, 5):
        write_s3dis_room(s3dis / f'Area_{area}' / 'office_1', room)
    for scene in ('apartment_0', 'office_1'):
        write_replica_scene(replica / scene, room, REPLICA)
    lists = {'nvs_sem_train': ['0a'], 'nvs_sem_val': ['0b', '0lost'], 'sem_test': ['0c', '0d']}
    write_scannetpp_lists(scannetpp, lists)
    for name in ('0a', '0b', '0c'):
        write_scannetpp_scene(scannetpp, name, room, name != '0c')
    return {
        's3dis': (s3dis, create_s3dis(s3dis, s3dis)),
        'replica': (replica, create_replica(replica, replica)),
        'scannetpp': (scannetpp, create_scannetpp(scannetpp, scannetpp)),
    }


def arrays(root: Path, scene: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    points = read_bin(root / 'points' / f'{scene}.bin', np.float32, columns=6)
    return points, *(
        read_bin(root / f'{kind}_mask' / f'{scene}.bin', np.int64, count=len(points)) for kind in ('semantic', 'instance')
    )


def test_s3dis_rooms_keep_points_classes_and_objects(prepared: dict[str, tuple[Path, CreatedData]], room: RawScan) -> None:
    root, made = prepared['s3dis']
    points, semantic, instance = arrays(root, 'Area_5_office_1')
    objects, names = objects_of(room)
    assert not made.faults and len(points) == len(room.vertices)
    listed = class_list('s3dis13').names
    for name in S3DIS_NAMES & set(names):
        own = np.isin(objects, [i for i, other in enumerate(names) if other == name])
        assert (semantic == listed.index(name)).sum() == own.sum()
    assert (semantic == listed.index('clutter')).sum() == len(points) - sum(
        np.isin(objects, [i for i, name in enumerate(names) if name in S3DIS_NAMES])
    )
    assert len(np.unique(instance)) == len(np.unique(objects)) and instance.min() == 1  # every point belongs to an object
    assert np.allclose(np.sort(points[:, 0]), np.sort(room.vertices[:, 0]), atol=6e-4)


def test_s3dis_areas_are_dealt_to_the_usual_split_and_to_six_folds(prepared: dict[str, tuple[Path, CreatedData]]) -> None:
    root, made = prepared['s3dis']
    names = {path.relative_to(root).as_posix(): [info.scene_id for info in read_infos(path)] for path in made.info_files}
    assert names['uniseg3d_infos_train.json'] == ['Area_1_office_1']
    assert names['uniseg3d_infos_val.json'] == ['Area_5_office_1']
    assert names['folds/uniseg3d_infos_area1_train.json'] == ['Area_5_office_1']
    assert len(names) == 2 + 2 * 6


def test_s3dis_raw_release_is_turned_about_the_middle(room: RawScan, tmp_path: Path) -> None:
    write_s3dis_room(tmp_path / 'Area_1' / 'hall_1', room)
    straight = read_room(tmp_path / 'Area_1' / 'hall_1').xyz
    (tmp_path / 'Area_1' / 'Area_1_alignmentAngle.txt').write_text('## room angle\nhall_1 90\nhall_2 0\n')
    turned = read_room(tmp_path / 'Area_1' / 'hall_1').xyz
    middle = (straight[:, :2].min(0) + straight[:, :2].max(0)) / 2
    offset = straight[:, :2] - middle
    # (2 - 90/180) pi = 270 degrees against the clock: x to -y
    assert np.allclose(turned[:, :2] - middle, np.stack([offset[:, 1], -offset[:, 0]], 1), atol=1e-4)
    (tmp_path / 'Area_1' / 'Area_1_alignmentAngle.txt').write_text('hall_1 north\n')
    with pytest.raises(DataError, match='north'):
        read_room(tmp_path / 'Area_1' / 'hall_1')


def test_s3dis_spare_copies_are_left_out(room: RawScan, tmp_path: Path) -> None:
    write_s3dis_room(tmp_path / 'office_36', room)
    path = next((tmp_path / 'office_36' / 'Annotations').glob('wall_*.txt'))
    shutil.copy(path, path.with_name(f'{path.stem} (1).txt'))
    assert len(read_room(tmp_path / 'office_36').xyz) == len(room.vertices)


def test_replica_vertices_take_the_object_of_their_faces(prepared: dict[str, tuple[Path, CreatedData]], room: RawScan) -> None:
    root, made = prepared['replica']
    objects, names = objects_of(room)
    _, semantic, instance = arrays(root, 'office_1')
    used = np.unique(room.faces)
    same = instance[used] == np.where(objects[used] > 0, objects[used] + 1, 0)  # the first object is not listed
    assert same.mean() > 0.9  # vertices on the border of two objects may belong to either
    inner = used[same & (objects[used] > 0)]
    assert semantic[inner].tolist() == [REPLICA.get(names[i], 0) for i in objects[inner]]
    assert [[info.scene_id for info in read_infos(path)] for path in made.info_files] == [['apartment_0'], ['office_1']]


def test_replica_without_objects_of_faces_says_so(prepared: dict[str, tuple[Path, CreatedData]], tmp_path: Path) -> None:
    shutil.copytree(prepared['replica'][0] / 'office_1', tmp_path / 'office_1')
    path = tmp_path / 'office_1' / 'habitat' / 'mesh_semantic.ply'
    path.write_text(path.read_text().replace('object_id', 'other_id'))
    with pytest.raises(FileFormatError, match='object_id'):
        read_scene(tmp_path / 'office_1')


def test_scannetpp_small_groups_count_and_names_are_mapped(
    prepared: dict[str, tuple[Path, CreatedData]], room: RawScan
) -> None:
    root, made = prepared['scannetpp']
    _, semantic, instance = arrays(root, '0b')
    objects, names = objects_of(room)
    benchmark = class_list('scannetpp100')
    called = [SCANNETPP_NAMES.get(name, name) for name in names]
    for number, name in enumerate(called):
        own = objects == number
        if name in benchmark.names:
            assert (semantic[own] == benchmark.names.index(name)).all()
            assert set(instance[own]) == ({number + 1} if name in benchmark.thing_names else {0})
        else:  # only the group of everything is left there
            assert (semantic[own] == benchmark.names.index('ceiling')).all()
    faults = {fault.item for fault in made.faults}
    assert faults == {'0lost'}
    test = read_infos(made.info_files[2])
    assert [(info.scene_id, info.semantic_mask_path) for info in test] == [('0c', None)]


def test_scannetpp_map_must_have_its_columns(tmp_path: Path) -> None:
    (tmp_path / 'map.csv').write_text('class,count\nchair,1\n')
    with pytest.raises(FileFormatError, match='semantic_map_to'):
        read_names(tmp_path / 'map.csv')


@pytest.mark.parametrize('name', ['s3dis', 'replica', 'scannetpp'])
def test_the_check_finds_no_fault(prepared: dict[str, tuple[Path, CreatedData]], name: str) -> None:
    root, _ = prepared[name]
    classes = load_config(CONFIGS / f'uniseg3d_1xb4_{name}.py').model.classes
    scenes, problems = check_dataset(root, classes=classes)
    assert scenes == (3 if name == 'scannetpp' else 2) and problems == []
    counts = empty_truth(root, classes=classes)['uniseg3d_infos_val.json']
    assert 0 <= counts.empty_objects < counts.objects / 2


@pytest.mark.parametrize('name', ['s3dis', 'replica', 'scannetpp'])
def test_scenes_come_through_the_pipelines_of_the_config(prepared: dict[str, tuple[Path, CreatedData]], name: str) -> None:
    root, _ = prepared[name]
    config = load_config(CONFIGS / f'uniseg3d_1xb4_{name}.py')
    for loader in (config.train_dataloader, config.val_dataloader):
        data = DATASETS.build(loader.dataset | {'data_root': str(root)})
        classes = class_list(data.classes)
        sample, boxes = data[0], data.infos[0].instances
        assert len(sample.targets.semantic_masks) == len(classes) + 1
        assert sorted(sample.targets.labels.tolist()) == sorted(box.label for box in boxes) != []
        assert set(sample.targets.object_ids.tolist()) == {box.object_id for box in boxes}
        assert len(sample.superpoints) < len(sample.scene) / 4
    assert config.model.classes == data.classes == config.val_evaluator.classes
    assert config.model.num_stuff == config.model.postprocess.num_stuff == len(classes.stuff)
    assert classes.stuff == tuple(range(len(classes.stuff)))  # as the model wants them


def test_a_second_run_reads_no_raw_file(prepared: dict[str, tuple[Path, CreatedData]]) -> None:
    root, made = prepared['replica']
    before = {path: path.read_bytes() for path in made.info_files}
    for path in root.glob('*/habitat/mesh_semantic.ply'):
        path.write_text('ply, but cut off')
    assert not create_replica(root, root).faults
    assert {path: path.read_bytes() for path in made.info_files} == before


def grey(folder: Path) -> LabelledScan:
    return LabelledScan(np.random.default_rng(0).random((50, 3)), None)


def broken(folder: Path) -> LabelledScan:
    return LabelledScan(np.full((2, 3), np.nan), None)


def test_scans_without_labels_or_with_bad_points_are_named(tmp_path: Path) -> None:
    fault = prepare_or_fault(ScanJob('bad', tmp_path, tmp_path, broken, 's3dis13'))
    assert fault.item == 'bad' and 'finite' in fault.reason
    assert 'annotation' in prepare_or_fault(ScanJob('bare', tmp_path, tmp_path, grey, 's3dis13')).reason
    info = prepare_or_fault(ScanJob('test', tmp_path, tmp_path, grey, 's3dis13', annotated=False))
    assert (info.num_points, info.instances) == (50, [])


@pytest.mark.parametrize('create', [create_s3dis, create_replica])
def test_an_empty_folder_says_what_to_put_there(create: object, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=str(tmp_path)):
        create(tmp_path, tmp_path)


def test_a_broken_room_stops_no_other(room: RawScan, tmp_path: Path) -> None:
    for area in (1, 2):
        write_s3dis_room(tmp_path / f'Area_{area}' / 'office_1', room)
    next((tmp_path / 'Area_2' / 'office_1' / 'Annotations').glob('*.txt')).write_bytes(b'')
    made = create_s3dis(tmp_path, tmp_path)
    assert [fault.item for fault in made.faults] == ['Area_2_office_1'] and 'empty' in made.faults[0].reason
    assert [info.scene_id for info in read_infos(tmp_path / 'uniseg3d_infos_train.json')] == ['Area_1_office_1']
    assert json.loads((tmp_path / 'uniseg3d_infos_train.json').read_text())['metainfo']['categories']['chair'] == 8
