"""The part of a page that takes results home."""

from pathlib import Path
from typing import TYPE_CHECKING

from uniseg3d.demo.archive import zip_folder
from uniseg3d.demo.host import View
from uniseg3d.demo.session import Session
from uniseg3d.demo.shown import Shown

if TYPE_CHECKING:
    from uniseg3d.demo.page import Page


class ResultPanel:
    """Hidden where there is nothing to take."""

    def __init__(self, page: 'Page') -> None:
        self.page, gui = page, page.gui
        self.folder = gui.add_folder('Result')
        with self.folder:
            self.min_score = gui.add_slider('least score', 0.0, 1.0, 0.05, 0.3)
            page.on(self.min_score.on_update, lambda _: self._threshold())
            page.on(gui.add_button('Export (.zip)').on_click, lambda _: self._export())

    def suit(self, view: View | None) -> None:
        """Show what makes sense here."""
        self.min_score.visible = isinstance(view, Session)
        self.folder.visible = isinstance(view, Session) or (isinstance(view, Shown) and view.write is not None)

    def _threshold(self) -> None:
        if isinstance(self.page.view, Session):
            self.page.view.min_score = self.min_score.value
            self.page.refresh()

    def _export(self) -> None:
        view, folder = self.page.view, self.page.host.sandbox.folder(self.page.user).scratch()
        if isinstance(view, Session):
            self._send(view.scene.name, view.archive(folder))
        elif isinstance(view, Shown) and view.write is not None:
            view.write(Path(folder))
            self._send(view.name, zip_folder(folder, view.name))

    def _send(self, name: str, content: bytes) -> None:
        self.page.client.send_file_download(f'{name}.zip', content, save_immediately=True)
