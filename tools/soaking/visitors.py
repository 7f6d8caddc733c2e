"""What people do in the viewer, over real connections: each visit opens a page, asks, takes results home and leaves."""

import io
import sys
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from soaking.asking import Ask
from soaking.material import Material
from uniseg3d.demo.server import Viewer

sys.path.append(str(Path(__file__).parents[2] / 'tests'))

import viewer_users

viewer_users.PATIENCE = 600.0  # a busy machine is no fault
DOWN = np.array([0.0, 0.0, -1.0])


def of_visits(viewer: Viewer, material: Material) -> Iterator[Ask]:
    """About the scene that all see, about one's own, about photos, and with files that nobody can read."""
    visits: dict[str, Callable[[viewer_users.WebUser], Any]] = {
        'asks about the common scene': partial(_asks, viewer),
        'brings a scan': partial(_brings_scan, material.scans[-1]),
        'brings photos': partial(_brings_photos, sorted(material.photos.iterdir())),
        'brings what cannot be read': partial(_brings_refused, material.damaged[0]),
    }
    for name, act in visits.items():
        yield Ask(f'viewer: somebody {name}', partial(_visit, viewer, act))


def _visit(viewer: Viewer, act: Callable[[viewer_users.WebUser], Any]) -> Any:
    with viewer_users.WebUser(viewer.address) as user:
        user.wait_for('points')
        return act(user)


def _asks(viewer: Viewer, user: viewer_users.WebUser) -> list[Any]:
    xyz = viewer.host.start.xyz  # type: ignore[union-attr]
    said = []
    user.click(xyz[len(xyz) // 3] - 0.2 * DOWN, DOWN)
    user.wait_for('1 click')
    said.append(user.status)
    user.put('label', 'mine')
    user.put('Keep this object', True)
    user.wait_for('kept: mine')
    user.put('classes', 'chair, table')
    user.put('Find all of these', True)
    user.wait_for(' found')
    said.append(user.status)
    return [*said, _exported(user)]


def _brings_scan(scan: Path, user: viewer_users.WebUser) -> list[Any]:
    user.upload('Open a scan of yours', scan.name, scan.read_bytes())
    user.wait_for('upload-0000')
    return _said(user, 'the chair next to the table')


def _brings_photos(photos: list[Path], user: viewer_users.WebUser) -> list[Any]:
    for number, photo in enumerate(photos, start=1):
        user.upload('Add a photo or a video', photo.name, photo.read_bytes())
        user.wait(lambda text=f'{number} file': any(text in str(one.get('_markdown', '')) for one in user.widgets.values()))
    user.put('click and type in it', True)
    user.put('Make a scene of them', True)
    user.wait_for('photos: ')
    return _said(user, 'the chair')


def _brings_refused(path: Path, user: viewer_users.WebUser) -> list[str]:
    user.upload('Open a scan of yours', path.name, path.read_bytes())
    user.wait_for('upload-0000')
    return [user.status.split('upload-0000')[1]]  # the folder before it is another one each time


def _said(user: viewer_users.WebUser, sentence: str) -> list[Any]:
    user.put('sentence', sentence)
    user.put('Find it', True)
    user.wait_for(f'“{sentence}”')
    return [user.status, _exported(user)]


def _exported(user: viewer_users.WebUser) -> dict[str, bytes]:
    """What the archive holds, without the times at which it was packed."""
    user.put('Export (.zip)', True)
    user.wait(lambda: any(content[-22:-18] == b'PK\5\6' for content in user.downloads.values()))
    (content,) = user.downloads.values()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
