"""From files to files with networks that learned nothing: what is written fits together, bad frames cost only themselves."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from reconstructed_photos import CONFIGS, OPTIONS, ROOT, folder_of, frames, photo, tiny

from uniseg3d.apis.photo_source import SourceFrame, frame_count, read_frames, watch_folder
from uniseg3d.apis.reconstruct import ReconstructOptions, forecast, reconstruct
from uniseg3d.apis.reconstruction import Reconstruction, write_reconstruction
from uniseg3d.apis.reconstruction_models import load_reconstruction_model
from uniseg3d.commands.reconstruct import main, parse_args
from uniseg3d.geometry.se3 import relative_pose
from uniseg3d.io.colmap import read_colmap
from uniseg3d.io.images import read_map
from uniseg3d.io.ply import read_ply
from uniseg3d.io.trajectory import read_trajectory
from uniseg3d.utils.errors import ConfigError, DataError


@pytest.fixture(scope='module')
def stream_model() -> torch.nn.Module:
    return tiny('Point3R')


def test_files_of_a_stream_agree_with_each_other(stream_model, tmp_path: Path):
    said: list[str] = []
    scene = reconstruct(stream_model, frames(4), OPTIONS, depth_folder=tmp_path, expected=4, say=said.append)
    write_reconstruction(tmp_path, scene)
    assert 'frame 4 of 4' in said[-1] and 'frames/s' in said[-1] and 'pointers' in said[-1]
    cloud = read_ply(tmp_path / 'points.ply')
    assert len(cloud.vertices) == 4 * 48 * 64 // 2 == len(scene.points)
    poses = read_trajectory(tmp_path / 'trajectory.txt').poses
    model = read_colmap(tmp_path / 'colmap')
    for number, pose in enumerate(poses):
        view = model.views[number + 1]
        assert view.name == f'{number}.jpg' and np.allclose(view.camera_to_world, pose, atol=1e-4)
        assert read_map(tmp_path / 'depth' / f'{number}.png').shape == (48, 64)
    report = json.loads((tmp_path / 'report.json').read_text())
    assert [frame['name'] for frame in report['frames']] == ['0.jpg', '1.jpg', '2.jpg', '3.jpg']
    assert all(frame['confidence'] >= 1 and frame['pointers'] > 0 for frame in report['frames'])
    assert (tmp_path / 'points.glb').read_bytes()[:4] == b'glTF'


def test_a_stream_survives_what_it_cannot_use(stream_model, tmp_path: Path):
    good, bad = frames(3), [SourceFrame('wide', 0.0, photo(5, (64, 48))), SourceFrame('lost', 0.0, None, 'it is truncated')]
    scene = reconstruct(stream_model, [good[0], bad[0], good[1], bad[1], good[2]], OPTIONS, say=lambda _: None)
    alone = reconstruct(stream_model, good, OPTIONS, say=lambda _: None)
    assert scene.faults['lost'] == 'it is truncated' and '64 x 48' in scene.faults['wide']
    assert torch.allclose(scene.poses, alone.poses) and np.allclose(scene.points, alone.points)


def test_one_photo_and_equal_photos_are_normal(stream_model):
    assert len(reconstruct(stream_model, frames(1), OPTIONS, say=lambda _: None).views) == 1
    same = [SourceFrame(str(i), float(i), photo(0)) for i in range(2)]
    assert len(reconstruct(stream_model, same, OPTIONS, say=lambda _: None).views) == 2


def test_photos_of_several_shapes_through_pairs(tmp_path: Path):
    mixed = [SourceFrame('a', 0.0, photo(0)), SourceFrame('b', 1.0, photo(1, (64, 48)))]
    scene = reconstruct(tiny('DUSt3R'), mixed, OPTIONS, depth_folder=tmp_path, say=lambda _: None)
    assert [view.size for view in scene.views] == [(48, 64), (64, 48)]
    assert read_map(tmp_path / 'depth' / 'b.png').shape == (64, 48) and np.isfinite(scene.points).all()


def test_no_usable_frame_is_an_error_with_the_reasons(stream_model, tmp_path: Path):
    scene = reconstruct(stream_model, [SourceFrame('a', 0.0, None, 'it is black')], OPTIONS, say=lambda _: None)
    with pytest.raises(DataError, match='a: it is black'):
        write_reconstruction(tmp_path, scene)
    with pytest.raises(DataError, match='no frame could be used'):
        write_reconstruction(tmp_path, Reconstruction([]))


def test_photos_are_read_in_the_order_of_their_numbers_and_faults_are_kept(tmp_path: Path):
    folder = folder_of(tmp_path / 'photos', 11)
    (folder / '3.png').write_bytes(b'no photo')
    found = list(read_frames(folder))
    assert [frame.name for frame in found] == [f'{i}.png' for i in range(11)] and found[3].image is None
    assert 'neither a PNG nor a JPEG' in found[3].fault and frame_count(folder, 2) == 6
    with pytest.raises(DataError, match='does not exist'):
        list(read_frames(tmp_path / 'missing'))
    (tmp_path / 'empty').mkdir()
    with pytest.raises(DataError, match='holds no photo'):
        list(read_frames(tmp_path / 'empty'))
    with pytest.raises(DataError, match='holds no photo'):
        frame_count(tmp_path / 'empty')


def test_photos_of_other_formats_are_named_as_left_out(tmp_path: Path):
    Image.fromarray(photo(0)).save(folder_of(tmp_path / 'photos', 1) / 'b.webp')
    (tmp_path / 'photos' / 'notes.txt').write_text('none')
    assert frame_count(tmp_path / 'photos') == 2
    faults = {frame.name: frame.fault for frame in read_frames(tmp_path / 'photos')}
    assert faults['0.png'] is None and 'neither a PNG nor a JPEG' in faults['b.webp'] and len(faults) == 2


@pytest.mark.parametrize('wrong', [['--device', 'foo'], ['--device', 'cuda:99'], ['--memory', 'nan'], ['--memory', '0']])
def test_wrong_words_on_the_command_line_end_with_a_sentence(wrong: list[str], capsys):
    with pytest.raises(SystemExit):
        parse_args(['photos', '--weights', 'x.pth', *wrong])
    assert f'got {wrong[1]!r}' in capsys.readouterr().err


def test_pairs_are_not_for_streams(stream_model, tmp_path: Path):
    torch.save({'state_dict': stream_model.state_dict()}, tmp_path / 'a.pth')
    asked = ['--weights', str(tmp_path / 'a.pth'), '--config', str(ROOT / CONFIGS['Point3R']), '--graph', 'complete']
    with pytest.raises(ConfigError, match='Point3R is shown no pairs'):
        main([str(folder_of(tmp_path / 'photos', 2)), *asked])


def test_a_second_run_leaves_its_own_depths_only_and_says_how_it_went(stream_model, tmp_path: Path):
    (tmp_path / 'depth').mkdir()
    (tmp_path / 'depth' / 'mine.png').touch()
    pair = [SourceFrame('1.jpg', 0.0, photo(1)), SourceFrame('1.png', 1.0, photo(2)), SourceFrame('2.jpg', 2.0, photo(3))]
    said: list[str] = []
    write_reconstruction(tmp_path, reconstruct(stream_model, pair, OPTIONS, depth_folder=tmp_path, say=said.append))
    assert 'frame 3: ' in said[-1] and 'pointers' in said[-1]
    assert {path.name for path in (tmp_path / 'depth').iterdir()} == {'1.png', '1.png.png', '2.png', 'mine.png'}
    reconstruct(stream_model, pair[2:], OPTIONS, depth_folder=tmp_path, say=said.append)
    assert {path.name for path in (tmp_path / 'depth').iterdir()} == {'2.png', 'mine.png'}


def test_a_folder_that_is_filled_is_watched_to_its_end(tmp_path: Path):
    folder = folder_of(tmp_path / 'live', 2)
    stream = watch_folder(folder, timeout=20)
    assert next(stream).name == '0.png'  # the newest may still be being written
    folder_of(folder, 3)
    assert next(stream).name == '1.png'
    (folder / 'END').touch()
    assert [frame.name for frame in stream] == ['2.png']


def test_a_stream_may_leave_frames_out(tmp_path: Path):
    found = list(watch_folder(folder_of(tmp_path / 'live', 7), timeout=0.0, every=3))
    assert [(frame.name, frame.seconds) for frame in found] == [('0.png', 0.0), ('3.png', 1.0), ('6.png', 2.0)]


def test_a_folder_that_falls_silent_ends(tmp_path: Path):
    assert [frame.name for frame in watch_folder(folder_of(tmp_path / 'live', 2), timeout=0.0)] == ['0.png', '1.png']


def test_more_frames_need_more_memory(stream_model):
    assert forecast(stream_model, 10, OPTIONS) < forecast(stream_model, 1000, OPTIONS)
    pairs = tiny('DUSt3R')
    assert forecast(pairs, 4, OPTIONS) < forecast(pairs, 12, OPTIONS)


def test_models_come_from_their_files(stream_model, tmp_path: Path):
    torch.save({'state_dict': stream_model.state_dict()}, tmp_path / 'a.pth')
    loaded = load_reconstruction_model(tmp_path / 'a.pth', ROOT / CONFIGS['Point3R'])
    assert all(torch.equal(a, b) for a, b in zip(loaded.parameters(), stream_model.parameters(), strict=True))
    with pytest.raises(ConfigError, match='expected one of DUSt3R, MUSt3R'):
        load_reconstruction_model(tmp_path / 'a.pth', ROOT / 'configs/semantic_baseline_rooms.py')


def test_options_that_make_no_sense_are_refused():
    with pytest.raises(ConfigError, match='0 < share <= 1'):
        ReconstructOptions(share=0.0)


def test_relative_poses_of_a_stream_start_with_the_first_camera(stream_model):
    poses = reconstruct(stream_model, frames(3), OPTIONS, say=lambda _: None).poses
    assert torch.allclose(relative_pose(poses, poses), torch.eye(4, dtype=torch.float64).expand(3, 4, 4), atol=1e-6)
