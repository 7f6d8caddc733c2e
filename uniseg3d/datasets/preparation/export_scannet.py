"""The export of a whole data set in ScanNet's layout."""

from pathlib import Path

from uniseg3d.datasets.preparation.export_batch import (
    ExportReport,
    ExportSettings,
    export_scans,
    jobs_for,
    read_scene_names,
)
from uniseg3d.utils.errors import DataError


def export_scannet(
    settings: ExportSettings, train: tuple[Path, Path], test: tuple[Path, Path], workers: int = 1
) -> ExportReport:
    """Export the annotated and the test scans, each given as (folder, scene list).

    Test scans are optional: without their folder they are left out, and a line says so.
    """
    (train_folder, train_list), (test_folder, test_list) = train, test
    if not train_folder.is_dir():
        raise DataError(f'{train_folder} does not exist; link the folder with the raw scans there (scans/<scene>/...)')
    jobs = jobs_for(train_folder, read_scene_names(train_list), True, settings)
    if test_folder.is_dir():
        jobs += jobs_for(test_folder, read_scene_names(test_list), False, settings)
    elif test_list.exists() and read_scene_names(test_list):
        print(f'note: {test_folder} does not exist, the test scans are left out')
    report = export_scans(jobs, settings, workers)
    counts = f'{len(report.exported)} exported, {len(report.skipped)} finished earlier, {len(report.failures)} failed'
    print(f'{settings.output_folder}: {counts}')
    return report
