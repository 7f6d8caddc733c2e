"""The part of a page that makes scenes of photos."""

import threading
from itertools import count
from typing import TYPE_CHECKING, Any

from uniseg3d.apis.reconstruction import ReconstructedView
from uniseg3d.demo.controls import Control, ControlList
from uniseg3d.demo.photo_model import CONTROLS, PhotoSettings
from uniseg3d.demo.tray import BATCH, Tray
from uniseg3d.utils.errors import BusyError

if TYPE_CHECKING:
    from uniseg3d.demo.page import Page

# viser's button takes one file at a time: this one packs several into one upload, see tray.unpacked
SEVERAL = """<label style="display:block;margin:0 1em 0.5em">several photos at once
<input type="file" multiple accept="image/jpeg,image/png" style="width:100%" onchange="
const files = [...this.files], box = new DataTransfer(), button = document.getElementById('file_upload_{button}');
box.items.add(new File([JSON.stringify(files.map(f => [f.name, f.size])), '\\n', ...files], 'photos{batch}'));
button.files = box.files;
button.dispatchEvent(new Event('change', {{bubbles: true}}));
this.value = '';"></label>"""


class PhotoPanel:
    """Photos, or a video, and what is to be done with them."""

    def __init__(self, page: 'Page') -> None:
        self.page, gui, host = page, page.gui, page.host
        names = tuple(host.photo_models)
        self.settings, self.tray = PhotoSettings(network=names[0]), Tray()
        self._running = threading.Lock()
        head = Control('network', 'network', names, lambda _: len(names) > 1)
        tail = Control('ask', 'click and type in it', (), lambda _: host.inferencer is not None)
        with gui.add_folder('Photos'):
            self.upload = gui.add_upload_button('Add a photo or a video')
            self.several = gui.add_html(SEVERAL.format(button=self.upload._impl.uuid, batch=BATCH))
            self.content = gui.add_markdown('no photo yet')
            self.controls = ControlList(gui, (head, *CONTROLS, tail), self.settings, page.guarded(self._changed))
            page.on(gui.add_button('Make a scene of them').on_click, lambda _: self._run())
            page.on(gui.add_button('Clear photos').on_click, lambda _: self._clear())
        page.on(self.upload.on_upload, self._uploaded)
        self._changed('network')

    def _changed(self, field: str) -> None:
        if field == 'network':
            self.controls.suit(self.page.host.photo_model(self.settings.network))

    def _uploaded(self, _: Any) -> None:
        file = self.upload.value
        self.tray.add(self.page.host.sandbox.folder(self.page.user), file.name, file.content)
        self._tell()

    def _clear(self) -> None:
        self.tray.clear()
        self._tell()

    def _tell(self) -> None:
        number = len(self.tray.paths)
        self.content.content = f'{number} file{"s" * (number != 1)}' if number else 'no photo yet'

    def _run(self) -> None:
        if not self._running.acquire(blocking=False):
            raise BusyError('your photos are being looked at already; they take a while')
        try:
            self._make()
        finally:
            self._running.release()

    def _make(self) -> None:
        self.tray.count()  # says so if there is none, before what is shown goes
        self.page.say('looking at the photos ...')
        numbers = count()

        def seen(view: ReconstructedView) -> None:
            number = next(numbers)
            if number == 0:
                self.page.show(None)
            self.page.draw_part(number, view, None)

        self.page.show(self.page.host.open_photos(self.tray, self.settings, seen))
