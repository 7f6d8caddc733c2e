"""The part of a page that says what is shown, and opens something else."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from uniseg3d.demo.layer import RGB
from uniseg3d.demo.shown import Shown

if TYPE_CHECKING:
    from uniseg3d.demo.page import Page


class ScenePanel:
    """Status, layers, uploads."""

    def __init__(self, page: 'Page') -> None:
        self.page, gui = page, page.gui
        with gui.add_folder('Scene'):
            self.status = gui.add_markdown('')
            self.layer = gui.add_dropdown('layer', (RGB,))
            self.legend = gui.add_html('')
            self.upload = gui.add_upload_button('Open a scan of yours')
            if page.host.local_files is not None:
                self.path = gui.add_text('file', '')
                page.on(gui.add_button('Open this file').on_click, self._open_local)
            if page.host.about:
                gui.add_markdown('Answers: ' + '; '.join(page.host.about))
        page.on(self.layer.on_update, lambda _: page.paint())
        page.on(self.upload.on_upload, self._open_upload)

    def suit(self, shown: Shown | None) -> None:
        """Layers are there where something is shown."""
        self.layer.visible = shown is not None
        if shown is not None:
            self.page.say('; '.join([f'{shown.name}: {len(shown.xyz):,} points', *shown.notes[:1]]))

    def offer(self, names: Sequence[str], chosen: str | None) -> None:
        """The layers that there are; ``chosen`` or else the one from before is drawn, if it is among them."""
        wanted = chosen if chosen in names else self.layer.value
        self.layer.options = tuple(names)
        self.layer.value = wanted if wanted in names else names[0]

    def _open_upload(self, _: Any) -> None:
        file = self.upload.value
        self.page.say('reading ...')
        self.page.show(self.page.host.open_upload(self.page.user, file.name, file.content))

    def _open_local(self, _: Any) -> None:
        self.page.show(self.page.host.open_local(self.path.value))
