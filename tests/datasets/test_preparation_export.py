"""Export of many scans: nothing half-written, nothing done twice, no failure lost."""

import json
from pathlib import Path

import numpy as np
import pytest
from raw_scans import SIDE, scan_mesh, write_json, write_scan, write_scannet

from uniseg3d.datasets.preparation.export_batch import (
    ExportSettings,
    array_path,
    export_scans,
    exported_as_scannet200,
    jobs_for,
    read_scene_names,
)
from uniseg3d.datasets.preparation.export_scannet import export_scannet
from uniseg3d.datasets.preparation.scan_export import from_cloud
from uniseg3d.io.scannet import read_scan
from uniseg3d.utils.errors import ConfigError, DataError

KEPT = ('vert', 'sem_label', 'ins_label', 'sp_label', 'sem_label200')
SCENES = [f'scene000{i}_00' for i in range(3)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_scannet(tmp_path / 'mein Datensatz ä', SCENES[:2], SCENES[2:])


def settings(root: Path, **changes: object) -> ExportSettings:
    return ExportSettings(root / 'out', root / 'meta_data' / 'scannetv2-labels.combined.tsv', **changes)  # type: ignore[arg-type]


def export(root: Path, workers: int = 1, **changes: object):  # type: ignore[no-untyped-def]
    chosen = settings(root, **changes)
    return export_scans(jobs_for(root / 'scans', SCENES, True, chosen), chosen, workers)


def test_arrays_of_a_scan(root: Path) -> None:
    report = export(root)
    assert (report.exported, report.skipped, report.failures) == (SCENES, [], {})
    arrays = {
        name: np.load(array_path(root / 'out', SCENES[0], name)) for name in ('vert', 'sem_label', 'ins_label', 'sp_label')
    }
    mesh = scan_mesh()
    assert arrays['vert'].dtype == np.float32
    assert np.array_equal(arrays['vert'], np.concatenate([mesh.vertices, mesh.colors], axis=1))  # not aligned
    assert arrays['sem_label'][:: SIDE**2].tolist() == [2, 5, 18, 7]
    assert arrays['ins_label'][:: SIDE**2].tolist() == [1, 2, 3, 4]
    assert arrays['sp_label'].tolist() == np.repeat(np.arange(4), SIDE**2).tolist()


def test_workers_change_nothing(root: Path) -> None:
    export(root)
    chosen = ExportSettings(root / 'out2', settings(root).label_map_file)
    export_scans(jobs_for(root / 'scans', SCENES, True, chosen), chosen, workers=2)
    names = sorted(p.name for p in (root / 'out').iterdir())
    assert names == sorted(p.name for p in (root / 'out2').iterdir())
    assert all((root / 'out' / name).read_bytes() == (root / 'out2' / name).read_bytes() for name in names)


def test_finished_scans_are_skipped(root: Path) -> None:
    export(root)
    kept = array_path(root / 'out', SCENES[1], 'vert')
    array_path(root / 'out', SCENES[0], 'vert').unlink()  # as if the run had stopped before its last file
    before = kept.stat().st_mtime_ns
    report = export(root)
    assert (report.exported, report.skipped) == (SCENES[:1], SCENES[1:])
    assert kept.stat().st_mtime_ns == before


def test_exports_of_earlier_versions_get_their_scannet200_ids_and_nothing_else(root: Path) -> None:
    export(root)
    path = array_path(root / 'out', SCENES[0], 'sem_label200')
    fine = np.load(path)
    path.unlink()
    before = {file: file.stat().st_mtime_ns for file in (root / 'out').iterdir() if file.suffix == '.npy'}
    report = export(root)
    assert (report.exported, report.skipped) == (SCENES[:1], SCENES[1:])
    assert np.array_equal(np.load(path), fine)
    assert all(file.stat().st_mtime_ns == stamp for file, stamp in before.items())
    path.unlink()
    (root / 'scans' / SCENES[0]).rename(root / 'gone')  # without the raw scan it stays as it is
    assert export(root).skipped == SCENES


def test_one_bad_scan_stops_none_of_the_others(root: Path) -> None:
    path = root / 'scans' / SCENES[1] / f'{SCENES[1]}.aggregation.json'
    content = json.loads(path.read_text())
    content['segGroups'][0]['label'] = 'unheard of'
    write_json(path, content)
    report = export(root)
    assert report.exported == [SCENES[0], SCENES[2]]
    assert 'unheard of' in report.failures[SCENES[1]]
    assert not list((root / 'out').glob(f'{SCENES[1]}*'))
    assert not list((root / 'out').glob('.*'))


def test_summary_counts_and_names_failures(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / 'scans' / SCENES[0] / f'{SCENES[0]}_vh_clean_2.ply').unlink()
    meta = root / 'meta_data'
    report = export_scannet(
        settings(root), (root / 'scans', meta / 'scannet_train.txt'), (root / 'scans_test', meta / 'scannetv2_test.txt')
    )
    out = capsys.readouterr().out
    assert list(report.failures) == SCENES[:1]
    assert report.exported == [*SCENES[1:], 'scene0700_00']
    assert '3 exported, 0 finished earlier, 1 failed' in out
    assert [fault.item for fault in report.faults] == SCENES[:1]
    assert not array_path(root / 'out', 'scene0700_00', 'sem_label').exists()


def test_missing_test_folder_is_said_and_missing_train_folder_is_an_error(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    meta = root / 'meta_data'
    train, test = (root / 'scans', meta / 'scannet_train.txt'), (tmp_path / 'none', meta / 'scannetv2_test.txt')
    assert not export_scannet(settings(root), train, test).failures
    assert 'none does not exist, the test scans are left out' in capsys.readouterr().out
    with pytest.raises(DataError, match='link the folder'):
        export_scannet(settings(root), (tmp_path / 'none', train[1]), test)


def test_two_label_spaces_do_not_mix(root: Path) -> None:
    export(root)
    assert not exported_as_scannet200(root / 'out')
    with pytest.raises(ConfigError, match='choose another output folder'):
        export(root, scannet200=True)


@pytest.mark.parametrize('scannet200', [False, True])
def test_scannet200_ids_are_there_in_any_case(root: Path, scannet200: bool) -> None:
    export(root, scannet200=scannet200)
    fine = np.load(array_path(root / 'out', SCENES[0], 'sem_label200'))
    assert fine.dtype == np.uint32
    assert fine[:: SIDE**2].tolist() == [3, 2, 13, 4]


def test_scannet200_ids(root: Path) -> None:
    export(root, scannet200=True)
    assert exported_as_scannet200(root / 'out')
    assert np.load(array_path(root / 'out', SCENES[0], 'sem_label'))[:: SIDE**2].tolist() == [3, 2, 13, 4]
    # chair, pillow and table are among the 198 instance classes, floor is not
    assert np.load(array_path(root / 'out', SCENES[0], 'aligned_bbox'))[:, 6].tolist() == [2, 13, 4]


def test_subsampling_keeps_all_arrays_together(root: Path) -> None:
    export(root, max_points=50)
    arrays = [np.load(array_path(root / 'out', SCENES[0], name)) for name in KEPT]
    points, semantic, instance, superpoints, fine = arrays
    assert {len(array) for array in arrays} == {50}
    assert len(np.unique(superpoints)) == superpoints.max() + 1
    patch = np.round(points[:, 0] / 2 - 0.1).clip(0).astype(int)  # patch i stands at x = 2 i
    assert np.array_equal(np.array([2, 5, 18, 7])[patch], semantic)
    assert np.array_equal(patch + 1, instance)
    assert np.array_equal(np.array([3, 2, 13, 4])[patch], fine)


def test_superpoints_of_the_vertices_alone(root: Path) -> None:
    export(root, superpoints='cloud')
    points, superpoints = (np.load(array_path(root / 'out', SCENES[0], name)) for name in ('vert', 'sp_label'))
    assert np.array_equal(superpoints, from_cloud(read_scan(root / 'scans' / SCENES[0], SCENES[0], annotated=True)))
    patch = np.round(points[:, 0] / 2 - 0.1).clip(0).astype(int)  # patches stand apart, so no superpoint is on two of them
    assert len(np.unique(np.stack([patch, superpoints]), axis=1).T) == superpoints.max() + 1


def test_unknown_superpoints_are_refused(root: Path) -> None:
    with pytest.raises(ConfigError, match="'mesh' or 'cloud', got 'voxels'"):
        export(root, superpoints='voxels')


def test_subsampling_above_the_size_keeps_everything(root: Path) -> None:
    export(root, max_points=10_000)
    assert len(np.load(array_path(root / 'out', SCENES[0], 'vert'))) == len(scan_mesh().vertices)


def test_senseless_limit_is_reported(root: Path) -> None:
    assert 'at least 1' in export(root, max_points=0).failures[SCENES[0]]


def test_unwritable_output_is_one_error_before_any_work(root: Path) -> None:
    (root / 'out').write_text('a file where the folder should be')
    with pytest.raises(DataError, match='cannot write into'):
        export(root)


@pytest.mark.parametrize('text', ['../secret\n', '.hidden\n', 'a\\b\n'])
def test_scene_lists_hold_names_not_paths(tmp_path: Path, text: str) -> None:
    (tmp_path / 'list.txt').write_text(text)
    with pytest.raises(DataError, match='not a scene name'):
        read_scene_names(tmp_path / 'list.txt')


def test_scene_list_ignores_blank_lines_and_repetitions(tmp_path: Path) -> None:
    (tmp_path / 'list.txt').write_text('a\n\n b \r\na\n')
    assert read_scene_names(tmp_path / 'list.txt') == ['a', 'b']
    with pytest.raises(DataError, match='one scene per line'):
        read_scene_names(tmp_path / 'gone.txt')


@pytest.mark.parametrize(('note', 'words'), [('[1', 'not valid JSON'), ('[1]', 'scannet200'), ('{"scannet200": 1}', 'true')])
def test_damaged_note_in_the_output_folder(root: Path, note: str, words: str) -> None:
    (root / 'out').mkdir()
    (root / 'out' / 'export.json').write_text(note)
    with pytest.raises(DataError, match=f'{words}.* delete .*out and export the scans again'):
        exported_as_scannet200(root / 'out')


def test_scan_in_the_train_list_without_annotation_fails_by_name(root: Path) -> None:
    write_scan(root / 'scans', 'scene0009_00', annotated=False)
    chosen = settings(root)
    report = export_scans(jobs_for(root / 'scans', ['scene0009_00'], True, chosen), chosen)
    assert 'test folder and the test list' in report.failures['scene0009_00']
