"""The parts of a page that ask: clicks, sentences and names."""

from typing import TYPE_CHECKING, Any

from uniseg3d.demo.host import View
from uniseg3d.demo.layer import RGB
from uniseg3d.demo.session import HEAT, OBJECTS, TEXTS, Session

if TYPE_CHECKING:
    from uniseg3d.demo.page import Page

ON_IT, OFF_IT, LOOK = 'belongs to it', 'does not belong', 'only look'


class AskingPanel:
    """Hidden where nothing can be asked."""

    def __init__(self, page: 'Page') -> None:
        self.page, gui = page, page.gui
        self.folders = [gui.add_folder(name) for name in ('Click', 'Type')]
        with self.folders[0]:
            self.mode = gui.add_dropdown('a click', (LOOK, ON_IT, OFF_IT), initial_value=ON_IT, hint='shift: does not belong')
            self.label = gui.add_text('label', '')
            self._button('Keep this object', self._keep)
            self._button('Undo', self._undo)
        with self.folders[1]:
            self.sentence = gui.add_text('sentence', '', hint='the chair next to the table')
            self._button('Find it', self._say)
            self._button('Heat map', self._map)
            self.names = gui.add_text(
                'classes', '', hint='chair, lamp, piano; or a list: scannet20, scannet200, coco133, ade20k150'
            )
            self._button('Find all of these', self._ask_names)
            self._button('Clear all', self._clear)
        scene = page.client.scene
        scene.on_click()(page.guarded(lambda event: self._clicked(event, self.mode.value != OFF_IT)))
        scene.on_click(modifier='shift')(page.guarded(lambda event: self._clicked(event, False)))

    def suit(self, view: View | None) -> None:
        """Show it where there is a scene that can be asked."""
        for folder in self.folders:
            folder.visible = isinstance(view, Session)

    def _button(self, title: str, action: Any) -> None:
        self.page.on(self.page.gui.add_button(title).on_click, lambda _: action())

    def _clicked(self, event: Any, positive: bool) -> None:
        session = self.page.view
        if not isinstance(session, Session) or self.mode.value == LOOK:
            return
        row = session.scene.pick(event.ray_origin, event.ray_direction, self.page.stage.top)
        if row is None:
            self.page.say('no point lies there')
            return
        found = session.click(row, positive)
        count = len(found.clicks)
        self.page.say(f'{count} click{"s" * (count > 1)}, score {found.score:.2f}')
        self.page.mark()
        self.page.refresh(OBJECTS)

    def _undo(self) -> None:
        self.page.session.undo()
        self.page.mark()
        self.page.refresh()

    def _keep(self) -> None:
        kept = self.page.session.keep(self.label.value)
        self.page.say(f'kept: {kept.text}')
        self.page.mark()
        self.page.refresh(OBJECTS)

    def _say(self) -> None:
        found = self.page.session.say(self.sentence.value)
        self.page.say(f'“{found.text}”: score {found.score:.2f}')
        self.page.refresh(TEXTS)

    def _map(self) -> None:
        self.page.session.map_text(self.sentence.value)
        self.page.say('where it fits')
        self.page.refresh(HEAT)

    def _ask_names(self) -> None:
        session, inferencer = self.page.session, self.page.host.inferencer
        found = session.ask_names(self.names.value)
        doubt = inferencer.check_names(session.names) if inferencer is not None and session.names else None
        self.page.say('; '.join([f'{0 if found is None else len(found)} found', *([doubt] if doubt else [])]))
        self.page.refresh('named')

    def _clear(self) -> None:
        self.page.session.clear()
        self.page.mark()
        self.page.refresh(RGB)
