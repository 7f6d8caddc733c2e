"""The guard measures what it says on clouds with known answers, and holds on real rooms."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from uniseg3d.rooms import difficulty
from uniseg3d.rooms.difficulty import (
    LabelledCloud,
    color_overlaps,
    object_counts,
    point_classifier_iou,
    read_cloud,
    size_overlaps,
    vertex_normals,
)
from uniseg3d.rooms.make import make_rooms
from uniseg3d.rooms.report import LABEL_MAP, Report, report_rooms, report_text
from uniseg3d.utils.errors import DataError

ROOT = Path(__file__).parents[2]


def cloud(seed: int, gives_away: str) -> LabelledCloud:
    """Four classes that differ in colour, in height and direction together, or in nothing."""
    rng = np.random.default_rng(seed)
    classes = rng.integers(0, 4, 4000)
    colors, heights = rng.random((4000, 3)), rng.random(4000)
    normals = np.eye(3)[rng.integers(0, 3, 4000)]
    if gives_away == 'color':
        colors = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]])[classes] * 0.8 + rng.random((4000, 3)) * 0.2
    if gives_away == 'shape':
        heights = heights / 2 + classes % 2
        normals = np.eye(3)[np.where(classes < 2, 2, 0)]
    volumes = {2: [1.0, 1.2], 3: [1.1, 1.3]}
    return LabelledCloud(colors.astype(np.float32), heights.astype(np.float32), normals.astype(np.float32), classes, volumes)


@pytest.mark.parametrize(('gives_away', 'color_only', 'low', 'high'), [
    ('color', True, 0.98, 1.0),
    ('color', False, 0.98, 1.0),
    ('shape', False, 0.98, 1.0),
    ('shape', True, 0.0, 0.25),
    ('nothing', False, 0.0, 0.25),
])  # fmt: skip
def test_the_classifier_finds_what_there_is_to_find(gives_away: str, color_only: bool, low: float, high: float) -> None:
    iou = point_classifier_iou([cloud(1, gives_away), cloud(2, gives_away)], [cloud(3, gives_away)], color_only, steps=200)
    assert np.isfinite(iou).tolist() == [True] * 4 + [False] * 16
    assert low <= np.nanmean(iou) <= high


def test_the_measure_repeats_whatever_was_drawn_before() -> None:
    scores = []
    for seed in range(2):
        np.random.seed(seed)
        scores.append(point_classifier_iou([cloud(1, 'nothing')], [cloud(2, 'nothing')], steps=20))
    np.testing.assert_array_equal(*scores)


def test_void_points_do_not_count() -> None:
    clear, noisy = cloud(1, 'color'), cloud(2, 'nothing')
    noisy.classes[:] = difficulty.VOID
    assert np.nanmean(point_classifier_iou([clear, noisy], [clear, noisy], True, steps=200)) > 0.98


def test_no_rooms_are_an_error() -> None:
    with pytest.raises(DataError, match='no rooms'):
        point_classifier_iou([], [cloud(0, 'color')])


def test_colour_overlap() -> None:
    parted, mixed = color_overlaps([cloud(1, 'color')]), color_overlaps([cloud(1, 'nothing')])
    assert np.nanmax(parted) < 0.05
    assert np.nanmin(mixed) > 0.7
    assert np.isnan(mixed[4:]).all()


def test_colours_of_rare_classes_are_left_out_on_both_sides() -> None:
    """A class of a few objects has few colours: it looks different from all, and makes all look different from it."""
    clouds = [cloud(1, 'nothing')]
    clouds[0].colors[clouds[0].classes == 3] = (0.01, 0.99, 0.01)
    clouds[0].volumes.update({0: [1.0] * 20, 1: [1.0] * 20, 2: [1.0] * 20, 3: [1.0] * 19})
    everything, common = color_overlaps(clouds), color_overlaps(clouds, 20)
    assert everything[3] < 0.1 and np.nanmax(everything[:3]) < 0.7
    assert np.isnan(common[3]) and np.nanmin(common[:3]) > 0.7
    assert object_counts(clouds)[:5].tolist() == [20, 20, 20, 19, 0]
    assert np.isnan(color_overlaps(clouds, 21)).all(), 'one class alone overlaps with nothing'


def test_size_overlap() -> None:
    small, large = cloud(1, 'color'), cloud(2, 'color')
    assert size_overlaps([small]) == {2: 1, 3: 1}
    large.volumes.clear()
    large.volumes.update({4: [50.0, 60.0], 0: [55.0]})
    assert size_overlaps([small, large]) == {2: 1, 3: 1, 4: 0}, 'walls have no usual size'


def test_normals_of_a_ridge_and_of_a_loose_point() -> None:
    points = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [5, 5, 5]], dtype=float)
    normals = vertex_normals(points, np.array([[0, 1, 2], [0, 2, 3]]))
    np.testing.assert_allclose(normals[1], [0, 0, 1])
    np.testing.assert_allclose(normals[3], [1, 0, 0])
    np.testing.assert_allclose(normals[0], np.array([1, 0, 1]) / np.sqrt(2))
    assert not normals[4].any()


def test_a_scan_is_read_upright_and_labelled(rooms_folder: Path) -> None:
    name = sorted(p.name for p in (rooms_folder / 'scans').iterdir())[0]
    read = read_cloud(rooms_folder / 'scans', name, rooms_folder / LABEL_MAP)
    floor = read.classes == 1
    assert len(read.classes) == len(read.heights) == len(read.colors) > 5000
    assert floor.mean() > 0.03
    assert np.abs(np.median(read.heights[floor])) < 0.05
    assert np.median(read.normals[floor, 2]) > 0.95
    assert 0 <= read.colors.min() < read.colors.max() <= 1
    assert set(read.volumes) <= set(range(20)) and len(read.volumes) > 5


@pytest.fixture(scope='module')
def report(rooms_folder: Path) -> Report:
    return report_rooms(rooms_folder, steps=400)


def test_rooms_meet_the_guard(report: Report) -> None:
    assert not [guard for guard in report.guards if not guard.holds], report_text(report)
    assert len(report.guards) == 9


def test_the_classifier_does_learn_the_easy_classes(report: Report) -> None:
    """A guard that passes because its classifier is broken would be worthless."""
    score = {row.name: row.iou for row in report.classes}
    assert score['floor'] > 0.7
    assert score['wall'] > 0.2


def test_the_report_counts_every_room_and_sentence(report: Report, rooms_folder: Path) -> None:
    assert {split: len(scenes) for split, scenes in report.scenes.items()} == {'train': 24, 'val': 8}
    for split, kinds in report.kinds.items():
        assert kinds.total() == len(json.loads((rooms_folder / f'ScanRefer_filtered_{split}.json').read_text()))
        assert kinds.total() > 20 * len(report.scenes[split])
    text = report_text(report)
    assert all(row.name in text for row in report.classes)
    assert all(guard.name in text for guard in report.guards)


def rooms_report(folder: Path) -> 'subprocess.CompletedProcess[str]':
    command = [sys.executable, str(ROOT / 'tools' / 'rooms_report.py'), str(folder), '--steps', '20']
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env={**os.environ, 'OMP_NUM_THREADS': '1'})


def test_the_command_says_which_guard_fails(rooms_folder: Path, tmp_path: Path) -> None:
    content = json.loads((rooms_folder / 'rooms.json').read_text())
    kept = [next(n for n, s in content['scenes'].items() if s['split'] == split) for split in ('train', 'val')]
    content['scenes'] = {name: content['scenes'][name] | {'hole_share': 0.02} for name in kept}
    (tmp_path / 'rooms.json').write_text(json.dumps(content))
    for name in kept:
        shutil.copytree(rooms_folder / 'scans' / name, tmp_path / 'scans' / name)
    shutil.copytree(rooms_folder / 'meta_data', tmp_path / 'meta_data')
    for split in ('train', 'val'):
        shutil.copy(rooms_folder / f'ScanRefer_filtered_{split}.json', tmp_path)
    result = rooms_report(tmp_path)
    assert result.returncode == 1
    assert 'smallest share of holes' in result.stderr and 'Traceback' not in result.stderr
    assert 'mIoU from colour' in result.stdout


def test_a_folder_without_rooms_is_one_clear_sentence(tmp_path: Path) -> None:
    result = rooms_report(tmp_path)
    assert result.returncode == 1
    assert result.stderr.startswith('error: ') and 'make_rooms' in result.stderr and len(result.stderr.splitlines()) == 1


@pytest.mark.long
def test_the_full_set_meets_the_guard_and_teaches_every_word(tmp_path: Path) -> None:
    make_rooms(tmp_path, train=120, val=24, seed=0, workers=2)
    report = report_rooms(tmp_path, workers=2)
    assert all(guard.holds for guard in report.guards), report_text(report)
    new_names = (
        'clothes clothing cooler crate double dryer drying folding footstool half moon pictures rack row sleigh sliding stool'
    )
    assert set(report.new_words) <= set(new_names.split())
