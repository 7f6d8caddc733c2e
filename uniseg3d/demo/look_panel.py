"""The part of a page that changes how things look."""

from typing import TYPE_CHECKING

from uniseg3d.demo.controls import ControlList
from uniseg3d.demo.look import LOOKS
from uniseg3d.demo.orbit import ORBITS, Animation, Orbit
from uniseg3d.demo.shown import Shown

if TYPE_CHECKING:
    from uniseg3d.demo.page import Page

# a page may fill the screen only in the very moment of a click, so the browser itself must hear of it
FULL_SCREEN = (
    '<button style="margin:0 1em 0.5em" onclick="document.fullscreenElement ? document.exitFullscreen() : '
    'document.documentElement.requestFullscreen()">full screen</button>'
)


class LookPanel:
    """Sliders and switches about points, labels and cameras."""

    def __init__(self, page: 'Page', animated: bool) -> None:
        self.page, gui, stage = page, page.gui, page.stage
        self.folder = gui.add_folder('Look', expand_by_default=False)
        with self.folder:
            self.controls = ControlList(gui, LOOKS, stage.look, page.guarded(stage.changed))
            recolor = gui.add_button('Recolour', hint='other colours for objects')
            page.on(recolor.on_click, lambda _: self._recolor())
            page.on(gui.add_button('Reset camera').on_click, lambda _: stage.reset_camera())
            gui.add_html(FULL_SCREEN)
            self.animation = Animation(page.client.camera, Orbit())
            if animated:
                self.motion = ControlList(gui, ORBITS, self.animation.orbit, page.guarded(self.animation.changed))

    def suit(self, shown: Shown | None) -> None:
        """Only what makes sense for this scene."""
        self.folder.visible = shown is not None
        if shown is not None:
            self.controls.suit(shown)
            self.controls.put('height', self.page.stage.look.height)

    def _recolor(self) -> None:
        self.page.stage.recolor()
        self.page.explain()

    def close(self) -> None:
        """The page is gone."""
        self.animation.stop()
