"""The viewer in a real browser: a click, a sentence, an export, uploads good and bad, photos, two people at once."""

import io
import shutil
import zipfile

import numpy as np
import pytest
import torch
from panst3r_models import small_model
from photo_uploads import photo
from untrained_inferencer import boxes, inferencer

from uniseg3d.apis.own_cloud import CloudOptions
from uniseg3d.apis.user_prompts import as_texts
from uniseg3d.demo.host import Host
from uniseg3d.demo.photo_model import PhotoModel
from uniseg3d.demo.sandbox import Sandbox, UploadLimits
from uniseg3d.demo.server import Viewer
from uniseg3d.demo.shown import Shown
from uniseg3d.io.ply import PlyMesh, write_ply

pytestmark = pytest.mark.browser
SOFTWARE_GL = [
    '--no-sandbox',
    '--use-gl=angle',
    '--use-angle=swiftshader',
    '--enable-unsafe-swiftshader',
    '--ignore-gpu-blocklist',
]
PATIENCE = 600_000  # milliseconds; machines are slow at drawing without a GPU
GREEN_BOX = (684, 384)  # where it stands in the window when a page opens
SLOWLY = """window.requestAnimationFrame = draw => setTimeout(() => draw(performance.now()), 500);"""  # spares the processor


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
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=shutil.which('chromium'), args=SOFTWARE_GL)
        yield running
        running.close()


@pytest.fixture
def visit(viewer, browser):
    """Opens pages; each is a user of its own. Yields the page in the browser and that of the server."""
    opened = []

    def open_page():
        before = set(viewer.pages)
        context = browser.new_context(viewport={'width': 1280, 'height': 800}, accept_downloads=True)
        opened.append(context)
        page = context.new_page()
        page.add_init_script(SLOWLY)
        page.set_default_timeout(PATIENCE)
        page.goto(viewer.address, wait_until='domcontentloaded')
        page.bring_to_front()  # what lies behind another page is not drawn, and says nothing before it is
        page.get_by_text('Keep this object').wait_for()
        page.locator('canvas').first.wait_for()
        until(page, lambda: set(viewer.pages) - before)
        (number,) = set(viewer.pages) - before
        return page, viewer.pages[number]

    yield open_page
    for context in opened:
        context.close()


def until(page, condition):
    for _ in range(PATIENCE // 200):
        if condition():
            return
        page.wait_for_timeout(200)
    raise AssertionError('it did not come to pass')


def said(page, text):
    page.get_by_text(text).first.wait_for()


def field(page, label, text):
    box = page.get_by_text(label, exact=True).locator('xpath=following::input[1]')
    box.fill(text)
    box.press('Tab')


def click_in_scene(page, place=GREEN_BOX):
    """The scene is drawn when it is; clicks into the void before that are answered, too."""
    for _ in range(20):
        page.mouse.click(*place)
        page.wait_for_timeout(1500)
        if page.get_by_text('score').filter(has_text='click').count():
            return
    raise AssertionError('no click was answered')


def send(page, name, content):
    with page.expect_file_chooser() as chooser:
        page.get_by_text('Open a scan of yours').click()
    chooser.value.set_files({'name': name, 'mimeType': 'application/octet-stream', 'buffer': content})


def test_a_click_and_a_sentence_give_masks_and_all_of_it_can_be_saved(visit):
    page, served = visit()
    click_in_scene(page)
    said(page, ', score')
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
    with page.expect_download() as download:
        page.get_by_text('Export (.zip)').click()
    with open(download.value.path(), 'rb') as file, zipfile.ZipFile(io.BytesIO(file.read())) as archive:
        names = {name.rpartition('/')[2] for name in archive.namelist()}
        assert {'labels.npz', 'semantic.ply', 'clicks.ply', 'texts.ply', 'objects.json'} <= names
        assert 'my <b>box</b>' in archive.read(next(n for n in archive.namelist() if n.endswith('objects.json'))).decode()
    page.get_by_text('Undo').click()
    until(page, lambda: session.kept == [] and session.current is not None)
    page.get_by_text('Heat map').click()
    said(page, 'fits “the red box” best')


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
    with page.expect_download() as download:
        page.get_by_text('Export (.zip)').click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert {'photos/points.ply', 'photos/segments.json'} <= set(archive.namelist())
