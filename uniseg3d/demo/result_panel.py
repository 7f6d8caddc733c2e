"""The part of a page that takes results home."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from uniseg3d.demo.archive import zip_folder
from uniseg3d.demo.host import View
from uniseg3d.demo.session import Session
from uniseg3d.demo.shown import Shown
from uniseg3d.visualization.export import export_cloud

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
        with gui.add_folder('Drawn layer', expand_by_default=False) as self.drawn:
            for suffix in ('.ply', '.glb'):
                button = gui.add_button(f'Export drawn points ({suffix})')
                page.on(button.on_click, partial(self._export_drawn, suffix))

    def suit(self, view: View | None) -> None:
        """Show what makes sense here."""
        self.min_score.visible = isinstance(view, Session)
        self.drawn.visible = isinstance(view, Session | Shown)
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

    def _export_drawn(self, suffix: str, _: Any) -> None:
        """The points as they are drawn, in metres with z up."""
        shown, drawn = self.page.stage.shown, self.page.stage.drawn()
        if shown is not None and drawn is not None:
            path = Path(self.page.host.sandbox.folder(self.page.user).scratch()) / f'drawn{suffix}'
            export_cloud(path, *drawn)
            self._send(shown.name, path.read_bytes(), suffix)

    def _send(self, name: str, content: bytes, suffix: str = '.zip') -> None:
        self.page.client.send_file_download(f'{name}{suffix}', content, save_immediately=True)
