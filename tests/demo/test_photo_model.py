"""Photos to what pages draw, with networks that learned nothing."""

import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch
from panst3r_models import small_model as small_panst3r
from point3r_models import small_model as small_point3r
from shared_scenes import inferencer
from siu3r_models import small_model as small_siu3r

from uniseg3d.apis.photo_source import SourceFrame
from uniseg3d.demo.archive import zip_folder
from uniseg3d.demo.host import Host
from uniseg3d.demo.live_stream import LiveStream
from uniseg3d.demo.model_queue import ModelQueue
from uniseg3d.demo.photo_model import AS_SET, PhotoModel, PhotoSettings
from uniseg3d.demo.sandbox import Sandbox
from uniseg3d.demo.session import Session
from uniseg3d.demo.shown import Shown
from uniseg3d.demo.shown_files import read_shown
from uniseg3d.utils.errors import ConfigError, DataError


class Given:
    """Photos that need no files."""

    def __init__(self, count):
        rng = np.random.default_rng(0)
        self.photos = [
            SourceFrame(f'{i}.jpg', float(i), rng.integers(0, 256, (32, 48, 3), dtype=np.uint8)) for i in range(count)
        ]

    def count(self):
        return len(self.photos)

    def frames(self):
        return iter(self.photos)


@pytest.fixture(scope='module')
def panst3r():
    return PhotoModel(small_panst3r(), size=48)


@pytest.fixture(scope='module')
def point3r():
    return PhotoModel(small_point3r(), size=48)


@pytest.fixture
def host(panst3r, point3r, tmp_path):
    made = Host(photo_models={'PanSt3R': panst3r, 'Point3R': point3r}, sandbox=Sandbox(root=tmp_path))
    yield made
    made.close()


def test_what_people_choose_becomes_options(panst3r, point3r):
    chosen = PhotoSettings(keyframes=7.0, names=' piano, chair,,piano', merge='qubo')
    options = panst3r.options(chosen, 5, 1000)
    assert (
        options.keyframes == 5 and options.classes == ('piano', 'chair') and options.merge == 'qubo' and options.choice is None
    )
    assert panst3r.options(PhotoSettings(), 9, 1000).classes is None and PhotoSettings().merge == AS_SET
    lists = PhotoSettings(scannetpp=True, coco=True, ade20k=True, names='griffin')
    names = panst3r.options(lists, 9, 1000).classes
    assert len(names) == len(set(names)) and len(names) > 300 and names[-1] == 'griffin'
    assert point3r.options(chosen, 5, 1000).keyframes is None and point3r.options(chosen, 5, 1000).classes is None
    with pytest.raises(DataError, match='at most 500'):
        PhotoSettings(names=','.join(map(str, range(501)))).classes()


def test_a_name_of_a_file_is_a_name_and_nothing_else(tmp_path):
    (tmp_path / 'secret.txt').write_text('password')
    assert PhotoSettings(names=str(tmp_path / 'secret.txt')).classes() == (str(tmp_path / 'secret.txt'),)


def test_keyframes_that_differ_are_for_files_that_bring_retrieval_along(panst3r):
    wanted = PhotoSettings(retrieval=True)
    assert panst3r.options(wanted, 5, 100).choice is None
    knowing = replace(panst3r, retrieval=object())
    assert knowing.options(wanted, 5, 100).choice.retrieval is knowing.retrieval
    assert knowing.options(PhotoSettings(), 5, 100).choice is None


def test_photos_become_points_cameras_and_labels(host, panst3r):
    shown = host.open_photos(Given(3), PhotoSettings('PanSt3R', names='chair,wall', keyframes=2.0), seen=None)
    assert (
        isinstance(shown, Shown) and len(shown.cameras) == 3 and [c.name for c in shown.cameras] == ['0.jpg', '1.jpg', '2.jpg']
    )
    count = len(shown.xyz)
    assert shown.confidence.shape == (count,) and shown.local_xyz.shape == (count, 3)
    assert {'rgb', 'photos', 'confidence', 'panoptic', 'semantic'} <= set(shown.layers)
    assert all(layer.colors.shape == (count, 3) for layer in shown.layers.values())
    assert {entry.title for entry in shown.layers['semantic'].legend} <= {'chair', 'wall'}
    assert np.bincount(shown.layers['photos'].values).tolist() == [count // 3] * 3


def test_what_photos_became_can_be_taken_home(host, tmp_path):
    shown = host.open_photos(Given(2), PhotoSettings('PanSt3R'), seen=None)
    shown.write(tmp_path / 'out')
    again = read_shown(tmp_path / 'out')
    assert set(again.layers) == {'rgb', 'panoptic', 'semantic'} and len(again.cameras) == 2
    for name in ('panoptic', 'semantic'):
        assert np.array_equal(again.layers[name].values, shown.layers[name].values)
        assert again.layers[name].legend == shown.layers[name].legend
    with zipfile.ZipFile(io.BytesIO(zip_folder(tmp_path / 'out', 'photos'))) as archive:
        names = set(archive.namelist())
    assert {'photos/points.ply', 'photos/colmap/cameras.txt', 'photos/panoptic.ply', 'photos/segments.json'} <= names


def test_a_network_that_takes_frame_by_frame_tells_of_each(host):
    seen = []
    shown = host.open_photos(Given(3), PhotoSettings('Point3R'), seen.append)
    assert [view.name for view in seen] == ['0.jpg', '1.jpg', '2.jpg'] and len(shown.cameras) == 3
    assert 'panoptic' not in shown.layers


def test_photos_can_be_asked_where_there_is_a_model_for_it(host, tmp_path):
    host.inferencer = inferencer(tmp_path)
    session = host.open_photos(Given(2), PhotoSettings('Point3R', ask=True), lambda view: None)
    assert isinstance(session, Session) and len(session.shown.cameras) == 2
    rotations = np.stack([camera.camera_to_world[:3, :3] for camera in session.shown.cameras])
    assert np.allclose(rotations @ rotations.transpose(0, 2, 1), np.eye(3), atol=1e-5)
    assert session.click(0).score >= 0


def test_two_photos_become_gaussians_that_carry_labels(host, tmp_path):
    host.photo_models['SIU3R'] = PhotoModel(small_siu3r(), size=32)
    shown = host.open_photos(Given(2), PhotoSettings('SIU3R'), seen=None)
    assert len(shown.gaussians) == len(shown.xyz) == 2 * 32 * 32 and {'rgb', 'semantic', 'instances'} <= set(shown.layers)
    (tmp_path / 'out').mkdir()
    shown.write(tmp_path / 'out')
    again = read_shown(tmp_path / 'out' / 'gaussians.ply')
    assert again.kind == 'gaussians' and np.allclose(again.xyz, shown.xyz, atol=1e-5)
    with pytest.raises(DataError, match='at most 12 become gaussians'):
        host.open_photos(Given(13), PhotoSettings('SIU3R'), seen=None)


def test_what_cannot_be_is_refused_in_a_sentence(host):
    with pytest.raises(DataError, match="no network 'evil' here, but PanSt3R, Point3R"):
        host.open_photos(Given(2), PhotoSettings('evil'), seen=None)
    with pytest.raises(ConfigError, match='cannot be merged'):
        host.open_photos(Given(2), PhotoSettings('PanSt3R', merge='evil'), seen=None)
    lost = Given(1)
    lost.photos = [SourceFrame('0.jpg', 0.0, None, 'it is truncated')]
    with pytest.raises(DataError, match='no photo could be used'):
        host.open_photos(lost, PhotoSettings('PanSt3R'), seen=None)


def test_a_stream_is_told_to_all_who_follow_also_to_those_who_come_late(point3r):
    queue, early, late = ModelQueue(), [], []
    stream = LiveStream(point3r, Given(5).frames(), queue, most=3)
    stream.follow(lambda *part: early.append(part))
    stream._run()
    assert stream.ended and [(number, gone) for number, _, gone in early] == [(0, None), (1, None), (2, None), (3, 0), (4, 1)]
    stream.follow(lambda *part: late.append(part))
    assert [number for number, _, _ in late] == [2, 3, 4] and late[-1][1] is early[-1][1]
    assert not stream.growing.scene.views  # memory does not grow with the stream
    queue.close()


def test_streams_need_a_network_that_takes_frame_by_frame(panst3r, tmp_path):
    with pytest.raises(ConfigError, match='does not take frame by frame'):
        LiveStream(panst3r, [], ModelQueue())
    host = Host(photo_models={'PanSt3R': panst3r}, sandbox=Sandbox(root=tmp_path))
    with pytest.raises(ConfigError, match='Point3R by --lift'):
        host.open_stream([])
    host.close()


def test_the_same_photos_give_the_same_scene(host):
    first, second = (host.open_photos(Given(2), PhotoSettings('PanSt3R'), seen=None) for _ in range(2))
    assert np.array_equal(first.xyz, second.xyz) and torch.equal(
        torch.from_numpy(first.layers['panoptic'].values), torch.from_numpy(second.layers['panoptic'].values)
    )
