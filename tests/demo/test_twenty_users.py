"""Twenty people at once on one process, over real connections: none sees another's answers, none waits for ever."""

import io
import threading
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from untrained_inferencer import boxes, inferencer
from viewer_users import WebUser

from uniseg3d.apis.own_cloud import CloudOptions
from uniseg3d.apis.prompt_latency import dense_room
from uniseg3d.apis.user_prompts import as_texts
from uniseg3d.commands.view import make_host, parse_args
from uniseg3d.demo.host import Host
from uniseg3d.demo.sandbox import Sandbox, UploadLimits
from uniseg3d.demo.server import MOST_USERS, Viewer
from uniseg3d.demo.session import MOST_CLICKS
from uniseg3d.io.ply import PlyMesh, write_ply
from uniseg3d.utils.errors import BusyError

USERS = 20
DOWN = np.array([0.0, 0.0, -1.0])


@pytest.fixture(scope='module')
def viewer(tmp_path_factory):
    folder = tmp_path_factory.mktemp('viewer')
    room = boxes(count=1500)
    write_ply(folder / 'room.ply', PlyMesh(room.xyz, room.colors))
    host = Host(
        inferencer(folder), sandbox=Sandbox(UploadLimits(file_mib=0.1), folder), options=CloudOptions('m', 'z', align=False)
    )
    host.open_start(folder / 'room.ply')
    as_texts(['a chair'])  # loads the tokenizer, as the command does before it serves
    running = Viewer(host, port=0)
    yield running
    running.stop()


def enter(viewer):
    user = WebUser(viewer.address)
    user.wait_for('room')
    return user


def page_of(viewer, user):
    """What the server keeps about a user."""
    name = f'page {time.perf_counter()}'
    user.put('label', name)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        for page in list(viewer.pages.values()):
            if page.asking.label.value == name:
                return page
        time.sleep(0.02)
    raise AssertionError('the server does not know this user')


def busy_hour(viewer, number, together):
    """What one person does; seconds that each took."""
    took = {}
    start = time.perf_counter()
    with enter(viewer) as user:
        took['page'] = time.perf_counter() - start
        together.wait()
        xyz = viewer.host.start.xyz
        place = xyz[number * len(xyz) // USERS]
        user.click(place - 0.2 * DOWN, DOWN)
        took['click'] = user.wait_for('1 click')
        user.put('label', f'thing {number}')
        user.put('Keep this object', True)
        took['keep'] = user.wait_for(f'kept: thing {number}')
        user.put('sentence', f'the box number {number}')
        user.put('Find it', True)
        took['sentence'] = user.wait_for(f'the box number {number}”')
        user.put('Heat map', True)
        took['heat map'] = user.wait_for('where it fits')
        user.put('classes', 'chair' if number % 2 else 'table, lamp')
        user.put('Find all of these', True)
        took['names'] = user.wait_for(' found')
        user.put('Export (.zip)', True)
        took['export'] = user.wait(lambda: any(content[-22:-18] == b'PK\5\6' for content in user.downloads.values()))
        (content,) = user.downloads.values()
        texts = [widget.get('_markdown', '') + str(widget.get('content', '')) for widget in user.widgets.values()]
    return took, content, ' '.join(texts)


def hours(viewer, users):
    """What so many people do at once, and what it takes."""
    together = threading.Barrier(users)
    with ThreadPoolExecutor(users) as pool:
        return list(pool.map(lambda number: busy_hour(viewer, number, together), range(users)))


def print_latencies(results, capsys):
    with capsys.disabled():
        print(f'\n{len(results)} people at once, one model, one queue: seconds\n{"":10} median   worst')
        for name in results[0][0]:
            times = [took[name] for took, _, _ in results]
            print(f'{name:10} {np.median(times):6.2f}  {max(times):6.2f}')


def test_twenty_people_get_their_own_answers_and_latencies_are_printed(viewer, capsys):
    results = hours(viewer, USERS)
    for number, (_, content, texts) in enumerate(results):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            mine = archive.read('room/objects.json').decode() + archive.read('room/summary.json').decode()
        assert f'"thing {number}"' in mine and f'the box number {number}"' in mine
        others = [other for other in range(USERS) if other != number]
        assert not any(f'thing {other}"' in mine or f'box number {other}"' in mine for other in others)
        assert not any(f'thing {other} ' in texts or f'box number {other}”' in texts for other in others)
    print_latencies(results, capsys)


@pytest.mark.long
def test_in_a_room_of_100_000_points_latencies_of_one_and_of_twenty_are_printed(tmp_path, capsys):
    room = dense_room(100_000)
    write_ply(tmp_path / 'room.ply', PlyMesh(room.xyz, room.colors))
    host = make_host(parse_args([str(tmp_path / 'room.ply'), '--device', 'cpu', '--tmp-dir', str(tmp_path)]))
    running = Viewer(host, port=0)
    try:
        for users in (1, USERS):
            print_latencies(hours(running, users), capsys)
    finally:
        running.stop()


def test_what_belongs_to_others_cannot_be_touched(viewer):
    with enter(viewer) as mine, enter(viewer) as theirs:
        mine.put_widget(theirs.find('sentence'), 'the secret lamp')
        mine.put_widget(theirs.find('Find it'), True)
        mine.put('sentence', 'the box')
        mine.put('Find it', True)
        mine.wait_for('the box')
        assert [one.text for one in page_of(viewer, mine).session.sentences] == ['the box']
        page = page_of(viewer, theirs)
        assert page.session.sentences == [] and page.asking.sentence.value == ''


def is_done(ask: Callable[[], object]) -> bool:
    """Whether the model had room for what was asked."""
    try:
        ask()
    except BusyError:
        return False
    return True


def test_two_hundred_clicks_at_once_are_answered_or_refused_and_others_go_on(viewer):
    with enter(viewer) as hasty, enter(viewer) as patient:
        page, place = page_of(viewer, hasty), viewer.host.start.xyz[7]
        for _ in range(200):
            hasty.click(place - 0.2 * DOWN, DOWN)
        patient.put('sentence', 'the lamp')
        patient.put('Find it', True)
        patient.wait_for('the lamp')
        hasty.wait(lambda: ' click' in hasty.status or 'requests are waiting' in hasty.status)
        hasty.wait(lambda: page.session.current.clicks)
        assert len(page.session.current.clicks) <= MOST_CLICKS
        hasty.wait(lambda: is_done(page.session.undo))  # it still does what it is asked


@pytest.mark.parametrize('name', ['../../evil.ply', '/etc/passwd', 'evil.npz', 'evil.py', 'evil\0.ply', 'evil.zip'])
def test_hostile_uploads_are_refused_in_a_sentence(viewer, name):
    with enter(viewer) as user:
        user.upload('Open a scan of yours', name, b'content')
        user.wait(lambda: 'plain file name' in user.status or 'uploads here are' in user.status)
        user.upload('Open a scan of yours', 'large.ply', bytes(200_000))
        user.wait_for('at most 0.1 MiB')
        user.upload('Open a scan of yours', 'broken.ply', b'ply\nformat ascii 1.0\nelement vertex 9\n')
        user.wait_for('upload-0000.ply')


def test_files_of_those_who_left_are_gone_and_pages_make_room(viewer):
    with enter(viewer) as user:
        user.upload('Open a scan of yours', 'broken.ply', b'ply\n')
        user.wait_for('upload-0000.ply')
        assert len(list(viewer.host.sandbox.root.glob('user-*/upload-*'))) == 1
    end = time.monotonic() + 30
    while list(viewer.host.sandbox.root.glob('user-*')) or viewer.pages or viewer._present:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_the_looks_of_a_page_are_its_own(viewer):
    with enter(viewer) as mine, enter(viewer) as theirs:
        mine.put('layer', 'superpoints')
        mine.put('names in the scene', True)
        mine.put('layer', 'panoptic')
        mine.wait(lambda: '/names/0' in mine.nodes)
        tag = mine.nodes['/names/0']['props']['text']
        mine.put('label opacity', 0.5)
        mine.put('point size', 0.05)
        mine.wait(lambda: mine.nodes['/cloud']['props']['point_size'] == 0.05)
        mine.put('names in the scene', False)
        mine.wait(lambda: '/names/0' not in mine.nodes)
        assert tag and '/names/0' not in theirs.nodes and theirs.nodes['/cloud']['props']['point_size'] != 0.05


def test_one_page_too_many_is_told_so(viewer, monkeypatch):
    monkeypatch.setattr('uniseg3d.demo.server.MOST_USERS', 0)
    with WebUser(viewer.address) as user:
        user.wait_for('0 people are here already')
    assert MOST_USERS == 50


def test_masks_over_the_wire_are_those_of_the_model(viewer):
    with enter(viewer) as user:
        page = page_of(viewer, user)
        place = viewer.host.start.xyz[11]
        user.click(place - 0.2 * DOWN, DOWN)
        user.wait_for('1 click')
        user.click(place - 0.2 * DOWN, DOWN, 'shift')
        user.wait_for('2 clicks')
        current = page.session.current
        assert [click.positive for click in current.clicks] == [True, False]
        assert torch.equal(current.mask, page.session.scene.mask_of(current.clicks)[0])
        assert {'/clicks/0', '/clicks/1'} <= set(user.nodes)
        user.put('Undo', True)
        user.wait(lambda: '/clicks/1' not in user.nodes)
