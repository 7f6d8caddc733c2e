import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from uniseg3d.io.infos import read_infos
from uniseg3d.io.sens import SensFile
from uniseg3d.rooms.make import make_rooms
from uniseg3d.rooms.make_scene import SceneJob, make_scene
from uniseg3d.rooms.vocabulary import CLASS_NOUNS, kind_of
from uniseg3d.utils.errors import ConfigError, DataError

TOOL = Path(__file__).parents[2] / 'tools' / 'make_rooms.py'


def digests(folder: Path) -> dict[str, str]:
    files = [path for path in sorted(folder.rglob('*')) if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope='module')
def rooms(tmp_path_factory):
    folder = tmp_path_factory.mktemp('made') / 'räume 1'
    make_rooms(folder, train=2, val=1, seed=3)
    return folder


def test_the_whole_tree_is_there(rooms):
    names = ['room0000_00', 'room0001_00', 'room0002_00']
    for name in names:
        assert {path.name for path in (rooms / 'scans' / name).iterdir()} == {
            f'{name}_vh_clean_2.ply',
            f'{name}_vh_clean_2.0.010000.segs.json',
            f'{name}.aggregation.json',
            f'{name}.txt',
        }
        frames = rooms / 'frames' / name
        for kind, suffix in (('color', 'jpg'), ('depth', 'png'), ('pose', 'txt'), ('label', 'png'), ('instance', 'png')):
            assert {path.name for path in (frames / kind).iterdir()} == {f'{i}.{suffix}' for i in range(12)}
        assert len(list((frames / 'panoptic').iterdir())) == 12
        masks = np.load(rooms / 'pseudo_masks' / f'{name}.npz')['masks']
        content = json.loads((rooms / 'scans' / name / f'{name}_vh_clean_2.0.010000.segs.json').read_text())
        assert masks.dtype == bool and masks.shape[1] == len(content['segIndices'])
    lists = {path.name: path.read_text().split() for path in (rooms / 'meta_data').glob('*.txt')}
    assert lists['scannetv2_train.txt'] == names[:2] and lists['scannetv2_val.txt'] == names[2:]
    assert lists['scannet_train.txt'] == names and lists['scannetv2_test.txt'] == []
    assert not list(rooms.glob('.tmp-*'))


def test_sentences_are_about_annotated_objects(rooms):
    for split, names in (('train', {'room0000_00', 'room0001_00'}), ('val', {'room0002_00'})):
        records = json.loads((rooms / f'ScanRefer_filtered_{split}.json').read_text())
        assert {record['scene_id'] for record in records} == names
        for record in records:
            name = record['scene_id']
            groups = json.loads((rooms / 'scans' / name / f'{name}.aggregation.json').read_text())['segGroups']
            labels = {str(group['objectId']): group['label'].replace(' ', '_') for group in groups}
            assert labels[record['object_id']] == record['object_name']


def test_every_annotated_thing_has_a_fine_name(rooms):
    called = json.loads((rooms / 'object_names.json').read_text())
    assert list(called) == ['room0000_00', 'room0001_00', 'room0002_00']
    for name, found in called.items():
        groups = json.loads((rooms / 'scans' / name / f'{name}.aggregation.json').read_text())['segGroups']
        things = [str(group['objectId']) for group in groups if kind_of(group['label']) in CLASS_NOUNS]
        assert list(found) == things and all(found.values())


def test_records_of_earlier_rooms_get_their_names(rooms, tmp_path):
    copy = tmp_path / 'copy'
    shutil.copytree(rooms, copy)
    (copy / 'object_names.json').unlink()
    old = copy / 'records' / 'room0001_00.json'
    record = json.loads(old.read_text())
    del record['names']
    old.write_text(json.dumps(record))
    make_rooms(copy, train=2, val=1, seed=3)
    assert digests(copy) == digests(rooms)


def test_the_summary_says_what_was_made(rooms):
    content = json.loads((rooms / 'rooms.json').read_text())
    assert content['recipe'] == {'version': 2, 'seed': 3, 'train': 2, 'val': 1}
    for scene in content['scenes'].values():
        assert 0.05 <= scene['hole_share'] <= 0.3
        assert scene['points'] > 10_000 and scene['objects'] > 5 and scene['sentences'] > 3
    assert [scene['split'] for scene in content['scenes'].values()] == ['train', 'train', 'val']


def test_two_workers_write_the_same_bytes_as_one(rooms, tmp_path):
    make_rooms(tmp_path / 'again', train=2, val=1, seed=3, workers=2)
    assert digests(tmp_path / 'again') == digests(rooms)


def test_an_interrupted_run_goes_on_where_it_stopped(rooms, tmp_path):
    copy = tmp_path / 'copy'
    shutil.copytree(rooms, copy)
    # killed while scene 1 was published: its frames are there, its record is not, and the temporary folder is left
    (copy / 'records' / 'room0001_00.json').unlink()
    shutil.rmtree(copy / 'scans' / 'room0001_00')
    (copy / '.tmp-room0001_00' / 'scans').mkdir(parents=True)
    (copy / '.tmp-room0001_00' / 'scans' / 'half').write_text('x')
    untouched = copy / 'scans' / 'room0000_00' / 'room0000_00_vh_clean_2.ply'
    before = untouched.stat().st_mtime_ns
    make_rooms(copy, train=2, val=1, seed=3)
    assert digests(copy) == digests(rooms)
    assert untouched.stat().st_mtime_ns == before


def test_another_recipe_in_the_same_folder_is_refused(rooms):
    before = digests(rooms)
    for recipe in ({'train': 2, 'val': 1, 'seed': 4}, {'train': 3, 'val': 1, 'seed': 3}):
        with pytest.raises(DataError, match='another folder'):
            make_rooms(rooms, **recipe)
    assert digests(rooms) == before


def test_a_scene_does_not_depend_on_the_scenes_before_it(rooms, tmp_path):
    make_scene(SceneJob(tmp_path, 'room0001_00', 'train', 3, 1))
    expected = digests(rooms / 'scans' / 'room0001_00')
    assert digests(tmp_path / 'scans' / 'room0001_00') == expected


@pytest.mark.parametrize('counts', [(0, 0, 0), (-1, 2, 0), (1, 0, -1)])
def test_senseless_counts_are_refused(tmp_path, counts):
    with pytest.raises(ConfigError, match='at least one'):
        make_rooms(tmp_path / 'a', *counts)
    assert not (tmp_path / 'a').exists()


@pytest.mark.parametrize('damaged', [
    'scans/room0001_00/room0001_00.txt', 'scans/room0001_00/room0001_00_vh_clean_2.ply', 'frames/room0001_00/pose/7.txt',
    'frames/room0001_00/depth/3.png', 'pseudo_masks/room0001_00.npz', 'records/room0001_00.json',
])  # fmt: skip
def test_what_is_missing_or_cut_short_is_made_again(rooms, tmp_path, damaged):
    copy = tmp_path / 'copy'
    shutil.copytree(rooms, copy)
    job = SceneJob(copy, 'room0001_00', 'train', 3, 1)
    assert job.finished
    whole = (copy / damaged).read_bytes()
    (copy / damaged).write_bytes(whole[:-1])
    assert not job.finished
    (copy / damaged).unlink()
    assert not job.finished
    (copy / damaged).write_bytes(whole)
    assert job.finished


def test_one_run_repairs_all_damage_and_leaves_sound_scenes_alone(rooms, tmp_path):
    copy = tmp_path / 'copy'
    shutil.copytree(rooms, copy)
    (copy / 'scans/room0001_00/room0001_00.txt').unlink()
    mesh = copy / 'scans/room0002_00/room0002_00_vh_clean_2.ply'
    mesh.write_bytes(mesh.read_bytes()[:1000])
    (copy / 'records/room0002_00.json').write_text('{"statistics":')
    (copy / 'scans/room0000_00/notes.txt').write_text('not ours, not touched')
    make_rooms(copy, train=2, val=1, seed=3)
    assert (copy / 'scans/room0000_00/notes.txt').exists()
    (copy / 'scans/room0000_00/notes.txt').unlink()
    assert digests(copy) == digests(rooms)


def test_records_of_other_shapes_count_as_unfinished(tmp_path):
    job = SceneJob(tmp_path, 'room0000_00', 'train', 0, 0)
    job.record.parent.mkdir()
    for text in ('[]', '{}', '{"files": {}}', '{"files": 3}', '{"files": {"scans": null}}', 'null'):
        job.record.write_text(text)
        assert not job.finished, text


def test_a_folder_with_other_files_is_refused_and_left_as_it_is(tmp_path):
    (tmp_path / 'ScanRefer_filtered_train.json').write_text('mine')
    with pytest.raises(DataError, match=r"has no rooms\.json but holds 'ScanRefer_filtered_train\.json'.*another folder"):
        make_rooms(tmp_path, train=1, val=0)
    assert digests(tmp_path).keys() == {'ScanRefer_filtered_train.json'}
    assert (tmp_path / 'ScanRefer_filtered_train.json').read_text() == 'mine'


def test_a_damaged_summary_is_named(tmp_path):
    (tmp_path / 'rooms.json').write_text('{"recipe":')
    with pytest.raises(DataError, match=r'rooms\.json is not valid JSON'):
        make_rooms(tmp_path, train=1, val=0)


def run_tool(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, str(TOOL), *words], capture_output=True, text=True, check=False)


def test_the_command_makes_rooms_and_reports_progress(tmp_path):
    done = run_tool('--out', str(tmp_path / 'ä b'), '--train', '1', '--val', '0', '--workers', '1')
    assert done.returncode == 0, done.stderr
    assert 'making rooms: 1/1' in done.stderr
    assert '1 rooms' in done.stdout and '% of the surface unseen' in done.stdout


def test_the_command_refuses_to_work_with_nobody(tmp_path):
    done = run_tool('--out', str(tmp_path / 'a'), '--train', '1', '--val', '0', '--workers', '0')
    assert done.returncode == 2 and "at least 1, got '0'" in done.stderr
    assert not (tmp_path / 'a').exists()


def test_the_command_says_in_one_line_where_it_cannot_write(tmp_path):
    (tmp_path / 'file').write_text('in the way')
    done = run_tool('--out', str(tmp_path / 'file' / 'rooms'), '--train', '1', '--val', '0')
    assert done.returncode == 1
    assert done.stderr.startswith('error: cannot write') and len(done.stderr.splitlines()) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason='root may write everywhere')
def test_a_read_only_folder_is_a_typed_error(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(DataError, match='may write'):
        make_rooms(tmp_path / 'rooms', train=1, val=0)


def test_rooms_go_through_the_preparation_of_scannet(rooms, tmp_path):
    from uniseg3d.datasets.preparation.create_data import create_rooms
    from uniseg3d.text.class_lists import class_list

    copy = tmp_path / 'copy'
    shutil.copytree(rooms, copy)
    train, val, _ = create_rooms(copy, copy).info_files
    scenes = read_infos(train) + read_infos(val)
    assert [scene.scene_id for scene in scenes] == ['room0000_00', 'room0001_00', 'room0002_00']
    listed = class_list(str(copy / 'open_names.json'))
    assert set(listed.names) <= {box.name for scene in scenes for box in scene.instances} and listed.splits['base']
    for scene in scenes:
        assert all(box.name for box in scene.instances)
        assert scene.instances and scene.texts and scene.pseudo_masks_path == f'{scene.scene_id}.npz'


def test_recordings_are_added_when_asked_for(rooms, tmp_path):
    copy = tmp_path / 'copy'
    shutil.copytree(rooms, copy)
    job = SceneJob(copy, 'room0001_00', 'train', 3, 1, recording=True)
    assert not job.finished
    make_scene(job)
    assert job.finished
    recording = copy / 'scans/room0001_00/room0001_00.sens'
    assert SensFile(recording).whole == len(list((copy / 'frames/room0001_00/pose').iterdir()))
    recording.unlink()
    (copy / 'records/room0001_00.json').unlink()  # it lists the recording's size, too
    make_scene(SceneJob(copy, 'room0001_00', 'train', 3, 1))
    assert digests(copy) == digests(rooms)
