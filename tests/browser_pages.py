"""Pages of the viewer in headless Chromium. Machines may be slow: everything waits for what it needs, nothing just waits."""

import shutil
from contextlib import contextmanager

import numpy as np

SOFTWARE_GL = [
    '--no-sandbox',
    '--use-gl=angle',
    '--use-angle=swiftshader',
    '--enable-unsafe-swiftshader',
    '--ignore-gpu-blocklist',
]
PATIENCE = 600_000  # milliseconds; machines are slow at drawing without a GPU
ANSWER = 5_000  # within which a click is answered, or was made too early
WINDOW = {'width': 1280, 'height': 800}
SLOWLY = """window.requestAnimationFrame = draw => setTimeout(() => draw(performance.now()), 500);"""  # spares the processor


@contextmanager
def chromium():
    from playwright.sync_api import sync_playwright  # not everywhere: then these tests are left out

    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=shutil.which('chromium'), args=SOFTWARE_GL)
        yield running
        running.close()


@contextmanager
def visits(browser):
    """What opens pages of a viewer; each is a user of its own. It returns the page in the browser and that of the server."""
    opened = []

    def open_page(viewer):
        before = set(viewer.pages)
        context = browser.new_context(viewport=WINDOW, accept_downloads=True)
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


def click_in_scene(page, place):
    """A click before the page knows its camera is no click, or one into the void: click until one is answered."""
    from playwright.sync_api import TimeoutError as NotYetError

    for _ in range(PATIENCE // ANSWER):
        page.mouse.click(*place)
        try:
            page.get_by_text('score').filter(has_text='click').first.wait_for(timeout=ANSWER)
            return
        except NotYetError:
            continue
    raise AssertionError('no click was answered')


def pixels_of(page, camera, xyz):
    """Where points [n, 3] are drawn in the window [n, 2]; those behind the camera are nowhere (nan)."""
    box = page.locator('canvas').first.bounding_box()
    w, x, y, z = camera.wxyz
    turn = np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ])  # fmt: skip
    seen = (xyz - camera.position) @ turn  # right, down, ahead
    focal = box['height'] / 2 / np.tan(camera.fov / 2)
    middle = np.array([box['x'] + box['width'] / 2, box['y'] + box['height'] / 2])
    return np.where(seen[:, 2:] > 0, middle + focal * seen[:, :2] / np.maximum(seen[:, 2:], 1e-6), np.nan)
