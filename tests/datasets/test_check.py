"""Every kind of fault is found, in its scene and file, and a sound data set has none."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from scene_files import SCANNET200, prepared_arrays, write_scene

from uniseg3d.datasets.check import Problem, check_dataset
from uniseg3d.datasets.info_faults import box_faults
from uniseg3d.io.arrays import read_bin, write_bin, write_npz
from uniseg3d.io.infos import write_infos
from uniseg3d.io.scene_info import InstanceBox, SceneInfo
from uniseg3d.utils.errors import DataError

GOOD, BAD = 'room0000_00', 'room0001_00'
INFO_FILE = 'uniseg3d_infos_train.json'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    infos: list[SceneInfo] = [write_scene(tmp_path, GOOD), write_scene(tmp_path, BAD, seed=1)]
    write_infos(tmp_path / INFO_FILE, infos, 'rooms', {})
    return tmp_path


def problems(root: Path, **options: object) -> list[Problem]:
    return check_dataset(root, **options)[1]  # type: ignore[arg-type]


def array(folder: str, change: Callable[[np.ndarray], object]) -> Callable[[Path], None]:
    """Change the stored array of the bad scene in place, or by what ``change`` returns."""

    def apply(root: Path) -> None:
        path = root / folder / f'{BAD}.bin'
        dtype = np.float32 if folder == 'points' else np.int64
        values = read_bin(path, dtype, columns=6 if folder == 'points' else None)
        new = change(values)
        write_bin(path, values if new is None else new, dtype)

    return apply


def entry(change: Callable[[dict], object]) -> Callable[[Path], None]:
    def apply(root: Path) -> None:
        content = json.loads((root / INFO_FILE).read_text())
        change(content['data_list'][1])
        (root / INFO_FILE).write_text(json.dumps(content))

    return apply


def about(label: int, *ids: int) -> Callable[[dict], object]:
    """The first sentences mean these objects together."""
    return lambda e: e['texts'][0].update(object_ids=list(ids), label=label)


FAULTS = [
    (lambda root: (root / 'points' / f'{BAD}.bin').unlink(), 'points', 'does not exist'),
    (lambda root: (root / 'super_points' / f'{BAD}.bin').write_bytes(b'123'), 'super_points', 'truncated'),
    (array('points', lambda p: p[:-1]), 'points', '399 points, the info file says 400'),
    (array('points', lambda p: p[:0]), 'points', 'no points'),
    (array('points', lambda p: p.__setitem__((5, 1), np.nan)), 'points', 'NaN or infinite values, the first is point 5'),
    (array('points', lambda p: p.__setitem__((5, 4), np.inf)), 'points', '1 points have NaN'),
    (array('points', lambda p: p * [1, 1, 1, 1 / 255, 1 / 255, 1 / 255]), 'points', 'colours run from 0 to 1'),
    (array('points', lambda p: p * [1, 1, 1, 257, 257, 257]), 'points', 'colours run from'),
    (array('points', lambda p: p * [1000, 1000, 1000, 1, 1, 1]), 'points', 'are these millimetres'),
    (array('points', lambda p: p + [1e6, 0, 0, 0, 0, 0]), 'points', 'from the origin'),
    (array('super_points', lambda s: s[:-3]), 'super_points', 'expected 400 rows, got 397'),
    (array('super_points', lambda s: s - 1), 'super_points', 'start at -1'),
    (array('super_points', lambda s: s * 2), 'super_points', 'gaps'),
    (array('instance_mask', lambda i: i - 1), 'instance_mask', 'run from -1'),
    (array('instance_mask', lambda i: i * 2**40), 'instance_mask', 'instance ids run'),
    (array('instance_mask', lambda i: i[:7]), 'instance_mask', 'expected 400 rows, got 7'),
    (array('semantic_mask', lambda s: s + 100), 'semantic_mask', 'expected 0..41'),
    (array('semantic_mask', lambda s: -s), 'semantic_mask', 'semantic ids run'),
    (lambda root: (root / 'pseudo_masks' / f'{BAD}.npz').unlink(), 'pseudo_masks', 'does not exist'),
    (lambda root: write_npz(root / 'pseudo_masks' / f'{BAD}.npz', masks=np.ones((2, 9), bool)), 'pseudo_masks', '(2, 9)'),
    (lambda root: write_npz(root / 'pseudo_masks' / f'{BAD}.npz', masks=np.ones((2, 400))), 'pseudo_masks', 'float64'),
    (lambda root: write_npz(root / 'pseudo_masks' / f'{BAD}.npz', other=np.ones(3)), 'pseudo_masks', '"masks"'),
    (entry(lambda e: e['texts'][0].update(object_id=55)), INFO_FILE, 'sentences about object 55'),
    (entry(lambda e: e['texts'][0].update(object_id=1)), INFO_FILE, 'object 1, which has no points of a thing class'),
    (array('semantic_mask_200', lambda s: s[:5]), 'semantic_mask_200', 'expected 400 rows, got 5'),
    (array('semantic_mask_200', lambda s: s + 1358), 'semantic_mask_200', 'expected 0..1357'),
    (lambda root: (root / 'semantic_mask_200' / f'{BAD}.bin').unlink(), 'semantic_mask_200', 'does not exist'),
    (entry(about(2, 55, 56)), INFO_FILE, 'sentences about objects 55, 56, which have no points of a thing class'),
    (entry(about(2, 2, 7)), INFO_FILE, 'objects 2, 7 call it chair (2), its points are no single class'),
    (entry(about(-1, 2, 4)), INFO_FILE, 'objects 2, 4 call it no single class, its points are chair (2)'),
    (entry(lambda e: e['texts'][0].update(label=4)), INFO_FILE, 'object 2 call it table (4), its points are chair (2)'),
    (entry(lambda e: e['instances'][2].update(label=2)), INFO_FILE, 'calls object 7 chair (2), its points are table (4)'),
    (entry(lambda e: e['instances'][1].update(object_id=55)), INFO_FILE, '"instances" lists object 55 without points'),
    (entry(lambda e: e['instances'][1].update(object_id=55)), INFO_FILE, '"instances" lacks object 4 that the masks hold'),
    (entry(lambda e: e['instances'].append(e['instances'][0])), INFO_FILE, 'names 3 different objects in 4 boxes'),
    (entry(lambda e: e['instances'].clear()), INFO_FILE, '"instances" is empty, but the masks hold 3 objects'),
]


@pytest.mark.parametrize(('spoil', 'file', 'words'), FAULTS)
def test_fault_is_found_where_it_is(root: Path, spoil: Callable[[Path], None], file: str, words: str) -> None:
    spoil(root)
    found = problems(root)
    assert {problem.scene_id for problem in found} == {BAD}
    assert any(problem.file.startswith(file) and words in problem.fault for problem in found), found


def test_sound_data_set_has_no_faults(root: Path) -> None:
    assert check_dataset(root) == (2, [])
    for label, ids in ((2, (2, 4)), (-1, (2, 7)), (-1, ())):  # two chairs, a chair and a table, nothing
        entry(about(label, *ids))(root)
        assert check_dataset(root) == (2, [])


def test_data_sets_without_scannet200_ids_are_sound(root: Path) -> None:
    for path in (root / 'semantic_mask_200').iterdir():
        path.unlink()
    (root / 'semantic_mask_200').rmdir()
    assert check_dataset(root) == (2, [])


def test_workers_find_the_same(root: Path) -> None:
    array('super_points', lambda s: s - 1)(root)
    assert problems(root, workers=2) == problems(root) != []


def test_all_faults_of_a_scene_are_listed(root: Path) -> None:
    array('points', lambda p: p.__setitem__((5, 1), np.nan))(root)
    array('super_points', lambda s: s * 2)(root)
    (root / 'semantic_mask' / f'{BAD}.bin').unlink()
    assert [problem.file.split('/')[0] for problem in problems(root)] == ['points', 'super_points', 'semantic_mask']


def test_unreadable_entry_hides_none_of_the_others(root: Path) -> None:
    entry(lambda e: e['texts'][0]['tokens'][0].extend([1] * 90))(root)
    (root / 'points' / f'{GOOD}.bin').unlink()
    first, second = problems(root)
    assert (first.scene_id, first.file) == ('', INFO_FILE)
    assert 'rows of 1 to 77' in first.fault
    assert second.scene_id == GOOD


def test_token_outside_the_vocabulary_is_found(root: Path) -> None:
    entry(lambda e: e['texts'][1]['tokens'][0].__setitem__(1, 49408))(root)
    (problem,) = problems(root)
    assert BAD in problem.fault
    assert 'token ids from 0 to 49407' in problem.fault


def test_many_missing_objects_are_counted() -> None:
    (fault,) = box_faults([InstanceBox(2, np.zeros(3), np.ones(3), 0)], dict.fromkeys(range(10), 2))
    assert fault == '"instances" lacks objects 1, 2, 3, 4, 5 and 4 more that the masks hold'


def test_corrupt_info_file_is_one_fault(root: Path) -> None:
    (root / 'uniseg3d_infos_val.json').write_text('{')
    (problem,) = problems(root)
    assert (problem.file, 'not valid JSON' in problem.fault) == ('uniseg3d_infos_val.json', True)


def test_pickle_of_the_original_is_checked_too(root: Path) -> None:
    name = f'{GOOD}.bin'
    text = {'text': ['a'], 'text_token': [np.ones(77, int)], 'label_id': 2, 'pts_id': np.array([3, 400])}
    scene = {
        'lidar_points': {'lidar_path': name},
        'super_pts_path': name,
        'pts_instance_mask_path': name,
        'pts_semantic_mask_path': name,
        'instances': [{'bbox_3d': [0, 0, 0, 1, 1, 1], 'bbox_label_3d': 5}],  # without object ids its label proves nothing
        'text_info': {'2': text},
        'sam3d_pseudo_sp_masks': torch.ones(1, 5, dtype=torch.bool),
    }
    (root / 'uniseg3d_infos_val.pkl').write_bytes(pickle.dumps({'metainfo': {}, 'data_list': [scene]}))
    novel, points = problems(root)
    assert 'novel masks cover 5 superpoints' in novel.fault
    assert 'points of object 2 reach 400' in points.fault


def test_unlabelled_scenes_and_scannet200_ids(tmp_path: Path) -> None:
    info = write_scene(tmp_path, GOOD, labelled=False)
    write_infos(tmp_path / 'x_infos_test.json', [info], 'rooms', {})
    assert problems(tmp_path) == []
    semantic = np.array([SCANNET200[raw] for raw in prepared_arrays()['semantic_mask']])
    write_infos(tmp_path / 'x_infos_val.json', [write_scene(tmp_path, BAD, semantic_mask=semantic)], 'rooms', {})
    assert problems(tmp_path, scannet200=True) == []
    assert problems(tmp_path) != []


def test_folder_without_info_files_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r'create_data\.py'):
        check_dataset(tmp_path)
