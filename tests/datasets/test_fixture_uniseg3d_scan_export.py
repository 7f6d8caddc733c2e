"""Family vii: the arrays of three fake scans, in both label spaces, bit for bit."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fixture_paths import fixture_folder

from uniseg3d.datasets.preparation.export_batch import ExportSettings, array_path, export_scans, jobs_for

ARRAYS = ('vert', 'sp_label', 'sem_label', 'ins_label', 'unaligned_bbox', 'aligned_bbox', 'axis_align_matrix')


@pytest.fixture(scope='module', params=['nyu40', 'scannet200'])
def export(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path, list[str]]]:
    root = fixture_folder('uniseg3d') / 'vii_scan'
    settings = ExportSettings(tmp_path_factory.mktemp('export'), root / 'labels.tsv', request.param == 'scannet200')
    jobs = []
    for folder, annotated in (('scans', True), ('scans_test', False)):
        jobs += jobs_for(root / folder, sorted(p.name for p in (root / folder).iterdir()), annotated, settings)
    report = export_scans(jobs, settings)
    assert not report.failures
    yield request.param, settings.output_folder, report.exported


def test_exported_arrays_equal_the_reference(export: tuple[str, Path, list[str]]) -> None:
    space, folder, scenes = export
    with np.load(fixture_folder('uniseg3d') / 'vii_scan' / 'expected.npz') as expected:
        compared = 0
        for key in (key for key in expected.files if key.split('/')[1] == space):
            scene, _, array = key.split('/')
            got = np.load(array_path(folder, scene, array))
            assert got.dtype == expected[key].dtype, key
            assert np.array_equal(got, expected[key]), key
            compared += 1
    assert compared >= 2 * len(scenes)


def test_test_scans_have_points_and_superpoints_only(export: tuple[str, Path, list[str]]) -> None:
    space, folder, scenes = export
    with np.load(fixture_folder('uniseg3d') / 'vii_scan' / 'expected.npz') as expected:
        for scene in scenes:
            written = {array for array in ARRAYS if array_path(folder, scene, array).exists()}
            assert written == {key.split('/')[2] for key in expected.files if key.startswith(f'{scene}/{space}/')}
