"""Frames of recordings: layout, every k-th, resumption, lost cameras, and recordings that are damaged."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from uniseg3d.datasets.preparation.export_frames import FrameJob, export_frames, export_recording, frame_jobs, recorded_scenes
from uniseg3d.io.images import read_color, read_map
from uniseg3d.io.sens import SensFile, SensFrame, SensHeader, write_sens
from uniseg3d.utils.errors import DataError

TOOL = Path(__file__).parents[2] / 'tools' / 'extract_frames.py'
COLOR, DEPTH = (12, 16), (6, 8)
HEADER = SensHeader(COLOR, DEPTH, np.diag([8, 8, 1, 1]).astype(np.float32), np.diag([4, 4, 1, 1]).astype(np.float32))


def recording(path: Path, count: int = 7, lost: tuple[int, ...] = (4,), header: SensHeader = HEADER) -> Path:
    """Frame i sees depth 100 i everywhere from a camera at x = i."""

    def frame(i: int) -> SensFrame:
        pose = np.full((4, 4), -np.inf) if i in lost else np.eye(4)
        pose[0, 3] += i
        return SensFrame(pose, np.full((*COLOR, 3), 10 * i, np.uint8), np.full(DEPTH, 100 * i, np.uint16))

    path.parent.mkdir(parents=True, exist_ok=True)
    write_sens(path, header, (frame(i) for i in range(count)))
    return path


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    for scene in ('scene0000_00', 'scene0001_00'):
        recording(tmp_path / 'scans ü' / scene / f'{scene}.sens')
    return tmp_path / 'scans ü'


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob('*') if path.is_file())


def test_layout_and_content(scans: Path, tmp_path: Path) -> None:
    report = export_frames(frame_jobs(scans, tmp_path / 'out', recorded_scenes(scans), every=2))
    assert (report.exported, report.finished, report.lost, report.faults) == (6, 0, 2, [])
    folder = tmp_path / 'out' / 'scene0001_00'
    frames = [f'{part}/{i}.{kind}' for part, kind in (('color', 'jpg'), ('depth', 'png'), ('pose', 'txt')) for i in (0, 2, 6)]
    cameras = [f'intrinsic/{kind}_{sensor}.txt' for kind in ('extrinsic', 'intrinsic') for sensor in ('color', 'depth')]
    assert names(folder) == sorted(frames + cameras)
    assert np.abs(read_color(folder / 'color/6.jpg').astype(int) - 60).max() < 3
    depth = read_map(folder / 'depth/6.png')
    assert (depth.dtype, depth.shape, set(depth.ravel())) == (np.uint16, DEPTH, {600})
    assert np.loadtxt(folder / 'pose/6.txt')[0].tolist() == [1, 0, 0, 6]
    assert np.loadtxt(folder / 'intrinsic/intrinsic_color.txt').tolist() == np.diag([8.0, 8, 1, 1]).tolist()
    assert np.loadtxt(folder / 'intrinsic/extrinsic_depth.txt').tolist() == np.eye(4).tolist()


def test_jpegs_are_not_encoded_again_and_others_are(tmp_path: Path) -> None:
    source = recording(tmp_path / 'a' / 'a.sens')
    export_recording(FrameJob(source, tmp_path / 'out'))
    assert (tmp_path / 'out/color/3.jpg').read_bytes() == SensFile(source).color_bytes(3)
    raw = recording(tmp_path / 'b' / 'b.sens', header=replace(HEADER, color_compression='raw', depth_compression='raw'))
    export_recording(FrameJob(raw, tmp_path / 'raw'))
    assert np.abs(read_color(tmp_path / 'raw/color/3.jpg').astype(int) - 30).max() < 3


def test_other_depth_units_become_millimetres(tmp_path: Path) -> None:
    source = recording(tmp_path / 'a' / 'a.sens', header=replace(HEADER, depth_shift=5000.0))
    export_recording(FrameJob(source, tmp_path / 'out'))
    assert set(read_map(tmp_path / 'out/depth/5.png').ravel()) == {100}
    fine = recording(tmp_path / 'b' / 'b.sens', count=9, header=replace(HEADER, depth_shift=10.0))
    export_recording(FrameJob(fine, tmp_path / 'fine'))
    assert set(read_map(tmp_path / 'fine/depth/6.png').ravel()) == {60000}
    assert set(read_map(tmp_path / 'fine/depth/8.png').ravel()) == {0}  # 80 m do not fit


def test_second_run_makes_only_what_is_missing(scans: Path, tmp_path: Path) -> None:
    jobs = frame_jobs(scans, tmp_path / 'out', ['scene0000_00'], every=1)
    export_frames(jobs)
    folder = tmp_path / 'out/scene0000_00'
    (folder / 'pose/2.txt').unlink()  # killed before the frame was finished
    (folder / 'depth/2.png').write_bytes(b'')
    before = {name: (folder / name).stat().st_mtime_ns for name in names(folder) if name.startswith('color')}
    again = export_frames(jobs)
    assert (again.exported, again.finished, again.lost) == (1, 5, 1)
    assert set(read_map(folder / 'depth/2.png').ravel()) == {200}
    changed = [name for name, stamp in before.items() if (folder / name).stat().st_mtime_ns != stamp]
    assert changed == ['color/2.jpg']


def test_lost_cameras_are_kept_when_asked_for(tmp_path: Path) -> None:
    source = recording(tmp_path / 'a' / 'a.sens')
    report = export_recording(FrameJob(source, tmp_path / 'out', keep_lost=True))
    assert (report.exported, report.lost) == (7, 0)
    assert np.isneginf(np.loadtxt(tmp_path / 'out/pose/4.txt')).all()


def test_damaged_recordings_are_named_and_the_rest_is_exported(scans: Path, tmp_path: Path) -> None:
    cut = scans / 'scene0000_00' / 'scene0000_00.sens'
    cut.write_bytes(cut.read_bytes()[:-30])
    (scans / 'scene0002_00').mkdir()
    (scans / 'scene0002_00' / 'scene0002_00.sens').write_bytes(b'')
    scenes = [*recorded_scenes(scans), 'scene0003_00']
    report = export_frames(frame_jobs(scans, tmp_path / 'out', scenes, every=1))
    assert (report.exported, report.lost) == (5 + 6, 2)
    assert [fault.item for fault in report.faults] == ['scene0000_00', 'scene0002_00', 'scene0003_00']
    words = ('cut off in frame 6 of 7', 'cut off in its header (0 bytes)', 'cannot read')
    assert all(word in fault.reason for word, fault in zip(words, report.faults, strict=True))


def test_the_command_says_what_failed_and_exits_with_one(scans: Path, tmp_path: Path) -> None:
    cut = scans / 'scene0000_00' / 'scene0000_00.sens'
    cut.write_bytes(cut.read_bytes()[:-30])
    command = [sys.executable, str(TOOL), str(scans), '--out', str(tmp_path / 'out'), '--every', '3', '--workers', '2']
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert '2 scenes, 5 frames exported, 0 finished earlier, 0 without a pose left out, 1 faults' in result.stdout
    assert 'failed: scene0000_00: ' in result.stderr
    assert 'frame 6 of 7' in result.stderr


def test_no_recordings_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r'holds no <scene>/<scene>\.sens'):
        recorded_scenes(tmp_path)
