"""What the viewer shows of files alone, and what info and export make of it."""

import numpy as np
import pytest
import torch
from lifted_scenes import lifted_sample
from shared_scenes import shared_scene
from untrained_inferencer import boxes

from uniseg3d.apis.reconstruction import ReconstructedView, Reconstruction, write_reconstruction
from uniseg3d.apis.sas_result_files import SceneFolder
from uniseg3d.commands.console import call
from uniseg3d.demo.host import Host
from uniseg3d.demo.page import legend_html
from uniseg3d.demo.sandbox import Sandbox, UploadLimits
from uniseg3d.demo.session import Session
from uniseg3d.demo.shown_files import read_shown
from uniseg3d.io.gaussians import read_gaussians, write_gaussians
from uniseg3d.io.ply import PlyMesh, read_ply, write_ply
from uniseg3d.structures.gaussians import Gaussians
from uniseg3d.utils.errors import BusyError, DataError


@pytest.fixture
def scan(tmp_path):
    room = boxes(count=600)
    write_ply(tmp_path / 'scan' / 'room_vh_clean_2.ply', PlyMesh(room.xyz, room.colors))
    write_ply(tmp_path / 'scan' / 'room_vh_clean.ply', PlyMesh(room.xyz[:5], room.colors[:5]))
    (tmp_path / 'scan' / 'room.txt').write_text('axisAlignment = 1 0 0')
    return tmp_path / 'scan'


def test_of_a_folder_of_a_scan_the_mesh_is_shown(scan):
    shown = read_shown(scan)
    assert shown.kind == 'scan' and len(shown.xyz) == 600 and list(shown.layers) == ['rgb']
    write_ply(scan / 'other_vh_clean_2.ply', PlyMesh(shown.xyz))
    with pytest.raises(DataError, match='holds 2 clouds'):
        read_shown(scan)


def test_results_come_back_as_they_were_exported(tmp_path):
    session = Session(shared_scene(tmp_path), min_score=0.0)
    session.click(10)
    session.export(tmp_path / 'out')
    shown, layers = read_shown(tmp_path / 'out'), session.layers()
    assert shown.kind == 'results' and np.allclose(shown.xyz, session.scene.opened.cloud.xyz, atol=1e-4)
    for task in ('semantic', 'instances', 'clicks'):
        assert np.array_equal(shown.layers[task].values, layers[task]().values), task
    assert {entry.title for entry in shown.layers['semantic'].legend} <= set(session.scene.classes.names)


def test_a_reconstruction_is_shown_upright_with_its_cameras(tmp_path):
    pose, points = np.eye(4), np.array([[0, -1, 2.0], [1, 0, 3]], np.float32)  # one metre above the camera, and before it
    intrinsics = np.array([[50.0, 0, 32], [0, 50, 24], [0, 0, 1]])
    colors = np.full((2, 3), 9, np.uint8)
    write_reconstruction(tmp_path, Reconstruction([ReconstructedView('a', 0, (48, 64), pose, intrinsics, 1, points, colors)]))
    shown = read_shown(tmp_path)
    assert np.allclose(shown.xyz[0], [0, 2, 1])
    (camera,) = shown.cameras
    assert camera.aspect == pytest.approx(64 / 48) and np.allclose(camera.camera_to_world[:3, 2], [0, 1, 0])


@pytest.fixture
def gaussians(tmp_path):
    torch.manual_seed(0)
    made = Gaussians(
        torch.randn(50, 3), torch.rand(50, 3) + 0.1, torch.randn(50, 4), torch.rand(50), torch.randn(50, 3, 1),
        semantic=torch.arange(50) % 3, instance=torch.arange(50) % 2,
    )  # fmt: skip
    write_gaussians(tmp_path / 'splats.ply', made)
    return tmp_path / 'splats.ply'


def test_gaussians_show_their_labels(gaussians):
    shown = read_shown(gaussians)
    assert shown.kind == 'gaussians' and set(shown.layers) == {'rgb', 'semantic', 'instances'}
    assert shown.layers['semantic'].values.tolist() == [i % 3 - 1 for i in range(50)]
    assert len(shown.gaussians) == 50


def test_export_writes_layers_and_conventions(gaussians, tmp_path, capsys):
    call(['export', str(gaussians), str(tmp_path / 'a.ply'), '--layer', 'semantic'])
    assert np.array_equal(read_ply(tmp_path / 'a.ply').colors, read_shown(gaussians).layers['semantic'].colors)
    call(['export', str(gaussians), str(tmp_path / 'b.ply'), '--convention', 'siu3r'])
    assert read_gaussians(tmp_path / 'b.ply', 'siu3r').convention == 'siu3r'
    call(['export', str(gaussians), str(tmp_path / 'c.npz')])
    with np.load(tmp_path / 'c.npz') as arrays:
        assert arrays['xyz'].shape == arrays['colors'].shape == (50, 3)
    with pytest.raises(DataError.__base__, match="no layer 'mood'"):
        call(['export', str(gaussians), str(tmp_path / 'd.ply'), '--layer', 'mood'])
    capsys.readouterr()
    call(['info', str(gaussians)])
    assert 'gaussians splats: 50 points' in capsys.readouterr().out


def test_a_host_without_a_model_shows_uploads_and_opens_nothing_of_the_server(scan, tmp_path):
    host = Host(sandbox=Sandbox(UploadLimits(points=700), tmp_path))
    content = (scan / 'room_vh_clean_2.ply').read_bytes()
    assert len(host.open_upload(3, 'mine.ply', content).xyz) == 600
    with pytest.raises(DataError, match='--allow-local-files'):
        host.open_local('scan/room_vh_clean_2.ply')
    host.local_files = tmp_path
    assert len(host.open_local('scan/room_vh_clean_2.ply').xyz) == 600
    with pytest.raises(DataError, match='there is no'):
        host.open_local('../')
    host.close()
    assert not host.sandbox.root.exists()


def test_a_full_queue_refuses_at_once(tmp_path):
    host = Host(sandbox=Sandbox(root=tmp_path))
    host.queue._room.acquire(blocking=False)
    while host.queue._room.acquire(blocking=False):
        pass
    with pytest.raises(BusyError, match='waiting already'):
        host.queue.run(lambda: 1)
    host.close()


def test_names_from_users_are_text_in_the_legend(tmp_path):
    session = Session(shared_scene(tmp_path))
    session.click(10)
    session.keep('<script>alert(1)</script>')
    assert '<script>' not in legend_html(session.layers()['clicks']().legend)


def test_layers_of_texts_come_with_their_scene(tmp_path):
    sample = lifted_sample()
    files = SceneFolder(tmp_path, sample, sample.scene.xyz)
    files.add_heat(['a chair', 'a table'], torch.rand(2, len(sample.scene)))
    shown = read_shown(files.close())
    assert list(shown.layers) == ['rgb', '“a chair”', '“a table”'] and shown.kind == 'results'
    assert shown.layers['“a chair”'].legend[0].title == 'fits “a chair” best'
    write_ply(tmp_path / 'heat_1.ply', PlyMesh(shown.xyz, shown.layers['rgb'].colors))  # without what it fits
    with pytest.raises(DataError, match=r'was not written with summary\.json'):
        read_shown(tmp_path)
    write_ply(tmp_path / 'heat_1.ply', PlyMesh(shown.xyz[:5], shown.layers['rgb'].colors[:5]))
    with pytest.raises(DataError, match=r'was not written with summary\.json'):
        read_shown(tmp_path)
