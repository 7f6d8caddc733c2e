"""What a page draws of a room: nothing above the height that it shows."""

import numpy as np
import pytest
from room_shells import shell
from viewer_users import WebUser

from uniseg3d.demo.host import Host
from uniseg3d.demo.sandbox import Sandbox
from uniseg3d.demo.server import Viewer
from uniseg3d.demo.stage import Stage
from uniseg3d.io.ply import PlyMesh, read_ply, write_ply


@pytest.fixture
def viewer(tmp_path):
    xyz = shell(ceiling=True).astype(np.float32)
    write_ply(tmp_path / 'room.ply', PlyMesh(xyz, np.full((len(xyz), 3), 128, np.uint8)))
    host = Host(sandbox=Sandbox(root=tmp_path))
    host.open_start(tmp_path / 'room.ply')
    running = Viewer(host, port=0)
    yield running
    running.stop()


def test_a_page_begins_below_the_ceiling_and_shows_it_when_asked(viewer, monkeypatch):
    drawn = []
    add = Stage._add_points
    monkeypatch.setattr(Stage, '_add_points', lambda stage, name, xyz, rgb: (drawn.append(xyz), add(stage, name, xyz, rgb)))
    whole = viewer.host.start.xyz
    with WebUser(viewer.address) as user:
        user.wait(lambda: '/cloud' in user.nodes)
        assert 2 < drawn[-1][:, 2].max() < 2.3, 'without the ceiling'
        assert user.widgets[user.find('show up to height')]['value'] < 1
        user.put('show up to height', 1.0)
        user.wait(lambda: len(drawn[-1]) == len(whole))
        user.put('show up to height', 0.5)
        user.wait(lambda: 1 < drawn[-1][:, 2].max() <= 0.5 * np.ptp(whole[:, 2]))


def test_what_is_drawn_can_be_taken_as_ply_and_glb(viewer, tmp_path):
    low = viewer.host.start.xyz[:, 2] < 2.2
    with WebUser(viewer.address) as user:
        user.wait(lambda: '/cloud' in user.nodes)
        user.put('Export drawn points (.glb)', True)
        user.wait(lambda: any(content.startswith(b'glTF') for content in user.downloads.values()))
        user.put('Export drawn points (.ply)', True)
        user.wait(lambda: any(content.startswith(b'ply') for content in user.downloads.values()))
        (content,) = (content for content in user.downloads.values() if content.startswith(b'ply'))
    (tmp_path / 'taken.ply').write_bytes(content)
    taken = read_ply(tmp_path / 'taken.ply')
    assert abs(len(taken.vertices) - low.sum()) < 200 and taken.vertices[:, 2].max() < 2.3 and (taken.colors == 128).all()
