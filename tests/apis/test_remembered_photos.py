"""Photos and streams with MUSt3R, from files to files, with a network that learned nothing."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from must3r_models import photos, small_model

from uniseg3d.apis.photo_source import SourceFrame
from uniseg3d.apis.reconstruct import ReconstructOptions, check_cameras, forecast, reconstruct
from uniseg3d.apis.reconstruction import write_reconstruction
from uniseg3d.apis.remembered_photos import remembered_photos
from uniseg3d.apis.stream import PointStream
from uniseg3d.io.colmap_model import ColmapCamera, ColmapModel, ColmapPoints, ColmapView
from uniseg3d.io.images import read_map
from uniseg3d.utils.errors import ConfigError, DataError

OPTIONS = ReconstructOptions(size=64, share=0.5, say_every=2)
NO_POINTS = ColmapPoints(
    np.zeros(0, np.int64),
    np.zeros((0, 3)),
    np.zeros((0, 3), np.uint8),
    np.zeros(0),
    np.zeros(0, np.int64),
    np.zeros((0, 2), np.int64),
)


@pytest.fixture(scope='module')
def model():
    return small_model()


def frames(count, size=(48, 64)):
    images = photos(count, size=size)
    return [
        SourceFrame(f'{i}.jpg', float(i), ((image[0].permute(1, 2, 0) + 1) * 127.5).byte().numpy())
        for i, image in enumerate(images)
    ]


def test_all_photos_are_shown_and_some_remembered(model):
    images = photos(5)
    expected = model.reconstruct(images, keyframes=3)
    answers = list(remembered_photos(model, [image[0] for image in images], keyframes=3))
    for number, (answer, theirs) in enumerate(zip(answers, expected, strict=True)):
        torch.testing.assert_close(answer.points, theirs.world[0], rtol=1e-4, atol=1e-5)
        assert answer.number == number and answer.pointers == 3 and answer.camera_to_world.shape == (4, 4)
    half = list(remembered_photos(model, [image[0] for image in images], keyframes=3, precision='bfloat16', batch_size=2))
    assert half[4].points.dtype == torch.float32 and not torch.is_autocast_enabled('cpu')
    with pytest.raises(ConfigError, match='batch_size 0 at least 1'):
        next(remembered_photos(model, [images[0][0]], batch_size=0))


def test_portraits_and_landscapes_become_files(model, tmp_path: Path):
    mixed = [*frames(2), *frames(1, (64, 48))]
    mixed[2] = SourceFrame('up.jpg', 2.0, mixed[2].image)
    lost = SourceFrame('lost.jpg', 9.0, None, 'it is truncated')
    said: list[str] = []
    scene = reconstruct(model, [*mixed, lost], OPTIONS, depth_folder=tmp_path, expected=4, say=said.append)
    write_reconstruction(tmp_path, scene)
    assert [view.size for view in scene.views] == [(48, 64), (48, 64), (64, 48)]
    assert read_map(tmp_path / 'depth' / 'up.png').shape == (64, 48)
    assert scene.faults == {'lost.jpg': 'it is truncated'} and '3 remembered' in said[-1]
    assert len(json.loads((tmp_path / 'report.json').read_text())['frames']) == 3


@pytest.mark.parametrize('expected', [None, 1])
def test_one_photo_is_normal(model, expected):
    assert len(reconstruct(model, frames(1), OPTIONS, expected=expected, say=lambda _: None).views) == 1


def test_no_usable_photo_is_no_view(model):
    scene = reconstruct(model, [SourceFrame('a', 0.0, None, 'it is black')], OPTIONS, expected=1, say=lambda _: None)
    assert scene.faults == {'a': 'it is black'} and not scene.views


def test_without_end_photos_come_one_by_one(model):
    stream = PointStream(model)
    seen = [stream.step(frame.image) for frame in frames(3)]
    scene = reconstruct(model, frames(3), OPTIONS, say=lambda _: None)
    assert np.allclose(scene.poses[2], seen[2].camera_to_world, atol=1e-5)


def test_keyframes_and_refinements_of_the_options_count(model):
    plain, fewer, again = (
        reconstruct(model, frames(4), ReconstructOptions(size=64, **options), expected=4, say=lambda _: None).points
        for options in ({}, {'keyframes': 2}, {'refinements': 1})
    )
    assert not np.allclose(plain, fewer) and not np.allclose(plain, again)


def test_the_scene_is_moved_to_known_cameras(model):
    free = reconstruct(model, frames(4), OPTIONS, expected=4, say=lambda _: None)
    poses = free.poses.numpy().copy()
    poses[:, :3, 3] = 2 * poses[:, :3, 3] + 5
    views = {i: ColmapView(f'{i}.jpg', 1, poses[i]) for i in range(4)}
    known = ColmapModel({1: ColmapCamera('PINHOLE', 64, 48, np.diag([50.0, 50.0, 1]))}, views, NO_POINTS)
    check_cameras(model, known)
    moved = reconstruct(model, frames(4), OPTIONS, known, expected=4, say=lambda _: None)
    assert np.allclose(moved.poses, poses, atol=1e-3) and np.allclose(moved.points, 2 * free.points + 5, atol=1e-2)
    with pytest.raises(DataError, match='this network needs three'):
        check_cameras(model, ColmapModel(known.cameras, {0: views[0]}, NO_POINTS))


def test_memory_grows_with_keyframes_only_up_to_their_number(model):
    few, many, more = (forecast(model, count, ReconstructOptions(size=64, most_points=100)) for count in (10, 50, 90))
    waiting = 40 * 64 * 64 * 15
    assert more - many == waiting < many - few


def test_a_stream_goes_on_from_its_state(model):
    stream = PointStream(model)
    for frame in frames(3):
        stream.step(frame.image)
    stored, expected = stream.state_dict(), stream.step(frames(4)[3].image)
    other = PointStream(model)
    other.load_state_dict(stored)
    assert torch.equal(other.step(frames(4)[3].image).points, expected.points) and other.pointers == stream.pointers


def test_a_frame_that_overflows_is_refused_and_the_stream_survives():
    stream = PointStream(small_model())
    stream.step(frames(1)[0].image)
    stream.model.head.proj.bias.data[0] = 1e9
    with pytest.raises(DataError, match='frame 1 leads to points that are not finite in float32'):
        stream.step(frames(2)[1].image)
    stream.model.head.proj.bias.data[0] = 0
    assert stream.step(frames(2, (64, 48))[1].image).points.shape == (64, 48, 3), 'frames may differ in size'
