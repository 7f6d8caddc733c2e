"""The viewer in a real browser: a click, a sentence, an export, uploads good and bad, photos, two people at once."""

import io
import json
import re
import shlex
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from browser_pages import chromium, click_in_scene, field, pixels_of, said, until, visits
from panst3r_models import small_model
from photo_uploads import photo
from scipy.spatial import cKDTree
from untrained_inferencer import boxes, inferencer

from uniseg3d.apis.own_cloud import CloudOptions
from uniseg3d.apis.shipped import POINTS
from uniseg3d.apis.user_prompts import as_texts
from uniseg3d.commands.view import make_host, parse_args
from uniseg3d.demo.host import Host
from uniseg3d.demo.photo_model import PhotoModel
from uniseg3d.demo.sandbox import Sandbox, UploadLimits
from uniseg3d.demo.server import Viewer
from uniseg3d.demo.shown import Shown
from uniseg3d.io.ply import PlyMesh, write_ply
from uniseg3d.rooms.build import build_room
from uniseg3d.rooms.scan import scan_room
from uniseg3d.rooms.scannet_writer import write_scan
from uniseg3d.rooms.segments import annotate
from uniseg3d.rooms.sentences import World, single_out

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
GREEN_BOX = (684, 384)  # where it stands in the window when a page opens
ROOM, SEED = 'room0011_00', 1  # under its ceiling one red chair stands next to a table; training showed no such shapes
SENTENCE = 'the red chair next to the table'
TRUE_OF = ('and', ('noun', 'chair'), ('color', 'red'), ('next to', ('noun', 'table')))


@pytest.fixture(scope='module')
def viewer(tmp_path_factory):
    folder = tmp_path_factory.mktemp('viewer')
    room = boxes(count=20_000)
    write_ply(folder / 'room.ply', PlyMesh(room.xyz, room.colors))
    options = CloudOptions('m', 'z', align=False)
    limits = UploadLimits(file_mib=0.5)
    networks = {'PanSt3R': PhotoModel(small_model(), size=48)}
    host = Host(inferencer(folder), networks, Sandbox(limits, folder), options=options)
    host.open_start(folder / 'room.ply')
    as_texts(['a chair'])  # loads the tokenizer
    running = Viewer(host, port=0, animated=True)
    yield running
    running.stop()


@pytest.fixture(scope='module')
def browser():
    with chromium() as running:
        yield running


@pytest.fixture
def visit(viewer, browser):
    with visits(browser) as open_page:
        yield partial(open_page, viewer)


@pytest.fixture(scope='module')
def room(tmp_path_factory):
    """A held-out room where quickstart.sh puts such, and which of its vertices [N] belong to which thing."""
    folder = tmp_path_factory.mktemp('rooms')
    built = build_room(ROOM, SEED, 'val')
    frames, scan = scan_room(built, np.random.default_rng(SEED))
    write_scan(folder / 'scans' / ROOM, ROOM, scan, annotate(built, scan), frames)
    red_chair = single_out(World(built, {}), TRUE_OF)
    assert red_chair is not None, f'"{SENTENCE}" is true of exactly one thing in {ROOM}'
    return folder, scan.vertex_object == red_chair


@pytest.fixture(scope='module')
def printed(room):
    """The viewer of the line that quickstart.sh prints at its end, about that room, with the weights that are shipped."""
    (line,) = re.findall(r'uniseg3d view ([^"]+)"', (ROOT / 'tools' / 'quickstart.sh').read_text())
    line = line.replace('$rooms', str(room[0])).replace('$room', ROOM).replace('$work_dir', POINTS).replace('$config', POINTS)
    running = Viewer(make_host(parse_args(shlex.split(line))), port=0)
    yield running
    running.stop()


def export(page):
    """What the export button gives, by the names of its files."""
    with page.expect_download() as download:
        page.get_by_text('Export (.zip)').click()
    with zipfile.ZipFile(download.value.path()) as archive:
        return {name.rpartition('/')[2]: archive.read(name) for name in archive.namelist()}


def overlap(found, truth):
    return (found & truth).sum() / (found | truth).sum()


def send(page, name, content):
    with page.expect_file_chooser() as chooser:
        page.get_by_text('Open a scan of yours').click()
    chooser.value.set_files({'name': name, 'mimeType': 'application/octet-stream', 'buffer': content})


def test_a_click_and_a_sentence_give_masks_and_all_of_it_can_be_saved(visit):
    page, served = visit()
    click_in_scene(page, GREEN_BOX)
    session = served.view
    clicks = list(session.current.clicks)
    assert torch.equal(session.current.mask, session.scene.opened.ask([clicks], (), None).clicks.masks[0])
    row = session.scene.opened.points_at(np.array([clicks[0].position]), 0.1)[0]
    red, green, blue = session.scene.opened.copy.color[row]
    assert green > 1.5 * max(red, blue), 'the click lies on the box that was clicked on'
    field(page, 'label', 'my <b>box</b>')
    page.get_by_text('Keep this object').click()
    said(page, 'kept: my <b>box</b>')  # as text, not as a tag
    field(page, 'sentence', 'the red box')
    page.get_by_text('Find it').click()
    said(page, '“the red box”: score')
    files = export(page)
    assert {'labels.npz', 'semantic.ply', 'clicks.ply', 'texts.ply', 'objects.json'} <= set(files)
    assert 'my <b>box</b>' in files['objects.json'].decode()
    page.get_by_text('Undo').click()
    until(page, lambda: session.kept == [] and session.current is not None)
    page.get_by_text('Heat map').click()
    said(page, 'fits “the red box” best')


def test_in_a_held_out_room_a_chair_is_clicked_on_and_the_red_one_next_to_the_table_is_found(printed, room, browser):
    with visits(browser) as open_page:
        page, served = open_page(printed)
        scene, truth = served.view.scene, room[1]
        click_in_scene(page, place_on(page, served, truth))
        field(page, 'label', 'my chair')
        page.get_by_text('Keep this object').click()
        said(page, 'kept: my chair')
        field(page, 'sentence', SENTENCE)
        page.get_by_text('Find it').click()
        said(page, f'“{SENTENCE}”: score')
        files = export(page)
    with np.load(io.BytesIO(files['labels.npz'])) as labels:  # a row for each vertex of the file
        assert len(truth) == len(scene.opened.cloud)
        assert overlap(labels['clicks'] == 0, truth) > 0.7 and overlap(labels['texts'] == 0, truth) > 0.7
    assert json.loads(files['objects.json'])[0]['label'] == 'my chair'
    summary = json.loads(files['summary.json'])
    assert summary['scene'].startswith(ROOM) and summary['texts'][0]['asked'] == SENTENCE


def place_on(page, served, truth):
    """A pixel of the window where a thing [N] of the scan is seen, as the viewer itself picks points."""
    scene, camera = served.view.scene, served.client.camera
    assert served.stage.top < scene.xyz[:, 2].max(), 'the ceiling is not shown'
    until(page, lambda: camera.update_timestamp > 0)
    _, nearest = cKDTree(scene.opened.cloud.xyz).query(scene.xyz)
    seen = scene.xyz[truth[nearest]]
    for point, (u, v) in zip(seen, pixels_of(page, camera, seen), strict=True):
        row = scene.pick(camera.position, point - camera.position, served.stage.top)
        if (
            row is not None
            and truth[nearest[row]]
            and page.evaluate('([x, y]) => document.elementFromPoint(x, y)?.tagName', [u, v]) == 'CANVAS'
        ):
            return u, v
    raise AssertionError('nothing of it is seen')


def test_two_people_do_not_see_each_other(visit):
    (first, mine), (second, theirs) = visit(), visit()
    field(first, 'sentence', 'the secret lamp')
    first.get_by_text('Find it').click()
    said(first, '“the secret lamp”: score')
    assert second.get_by_text('the secret lamp').count() == 0
    assert [one.text for one in mine.view.sentences] == ['the secret lamp'] and not theirs.view.sentences
    assert mine.view.scene is theirs.view.scene  # what was encoded is shared


def test_uploads_open_for_their_owner_alone_and_bad_ones_are_refused(visit, tmp_path):
    page, served = visit()
    send(page, 'evil.npz', b'PK')
    said(page, 'uploads here are .ply')
    send(page, 'huge.ply', bytes(700_000))
    said(page, 'at most 0.5 MiB are taken')
    send(page, 'broken.ply', b'ply\nformat ascii 1.0\nelement vertex 9\n')
    said(page, 'upload-0000.ply')
    room, common = boxes(seed=1, count=1500), served.view.scene
    write_ply(tmp_path / 'own.ply', PlyMesh(room.xyz, room.colors))
    send(page, 'own.ply', (tmp_path / 'own.ply').read_bytes())
    until(page, lambda: served.view.scene is not common)
    assert len(served.view.scene.opened.cloud) == 1500 and served.host.begin().scene is common


def test_several_photos_become_a_scene_with_cameras_and_labels(visit):
    page, served = visit()
    page.locator('input[type=file][multiple]').set_input_files(
        [{'name': f'{i}.jpg', 'mimeType': 'image/jpeg', 'buffer': photo(i, size=(32, 48))} for i in range(3)]
    )
    said(page, '3 files')
    field(page, 'own classes', 'chair, wall')
    page.get_by_text('Make a scene of them').click()
    until(page, lambda: isinstance(served.view, Shown))
    assert len(served.view.cameras) == 3 and {'panoptic', 'semantic', 'confidence'} <= set(served.layers)
    page.get_by_text('Look', exact=True).click()
    page.get_by_text('full screen').click()
    until(page, lambda: page.evaluate('document.fullscreenElement !== null'))
    start = served.client.camera.position
    page.get_by_text('animate the camera').click()
    until(page, lambda: not np.allclose(served.client.camera.position, start))
    page.get_by_text('animate the camera').click()
    assert {'points.ply', 'segments.json'} <= set(export(page))
