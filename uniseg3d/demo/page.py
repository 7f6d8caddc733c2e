"""One user's page: what it shows, and a place where everything that fails is said."""

import threading
from collections.abc import Callable, Sequence
from functools import wraps
from html import escape
from typing import Any

import numpy as np

from uniseg3d.apis.reconstruction import ReconstructedView
from uniseg3d.demo.asking_panel import AskingPanel
from uniseg3d.demo.host import Host, View
from uniseg3d.demo.layer import RGB, Entry
from uniseg3d.demo.layers import Layers
from uniseg3d.demo.live_stream import LiveStream
from uniseg3d.demo.look_panel import LookPanel
from uniseg3d.demo.photo_panel import PhotoPanel
from uniseg3d.demo.result_panel import ResultPanel
from uniseg3d.demo.scene_panel import ScenePanel
from uniseg3d.demo.session import Session
from uniseg3d.demo.shown import Shown
from uniseg3d.demo.shown_photos import shown_part
from uniseg3d.demo.stage import Stage
from uniseg3d.engine.resume import announce
from uniseg3d.utils.errors import BusyError, UniSeg3DError

MOST_AT_ONCE = 6  # of what one user does; the server has about 30 threads for all


class Page:
    """Belongs to one viser client; ``user`` is the number that the server gave it."""

    def __init__(self, host: Host, client: Any, animated: bool = False) -> None:
        self.host, self.client, self.user = host, client, int(client.client_id)
        self.gui = client.gui
        self.stage = Stage(client)
        self.view: View | None = None
        self._room = threading.BoundedSemaphore(MOST_AT_ONCE)
        self.layers: Layers = {}
        self.gui.configure_theme(show_share_button=False, show_logo=False)
        self.scene = ScenePanel(self)
        self.photos = PhotoPanel(self) if host.photo_models else None
        self.asking = AskingPanel(self)
        self.look = LookPanel(self, animated)
        self.result = ResultPanel(self)
        self.show(host.begin())

    def show(self, view: View | None) -> None:
        """Another scene."""
        self._leave()
        self.view = view
        shown = view.shown if isinstance(view, Session) else view if isinstance(view, Shown) else None
        self.stage.show(shown)
        self.asking.suit(view)
        self.result.suit(view)
        self.look.suit(shown)
        self.scene.suit(shown)
        self.scene.legend.content = ''
        if isinstance(view, LiveStream):
            self.say('frames are drawn as they arrive')
            view.follow(self.draw_part)
        elif view is None:
            self.say('Upload a scan to begin.' if self.photos is None else 'Upload a scan or photos to begin.')
        else:
            self.refresh(RGB)

    def close(self) -> None:
        """The user has left."""
        self._leave()
        self.look.close()

    def refresh(self, chosen: str | None = None) -> None:
        """Compute the layers anew and draw one of them, by default the one that is drawn."""
        if isinstance(self.view, Session):
            self.layers = self.view.layers()
        elif isinstance(self.view, Shown):
            self.layers = {name: lambda layer=layer: layer for name, layer in self.view.layers.items()}  # type: ignore[misc]
        else:
            self.layers = {}
        if self.layers:
            self.scene.offer(tuple(self.layers), chosen)
            self.paint()

    def paint(self) -> None:
        """Draw the layer that is chosen."""
        make = self.layers.get(self.scene.layer.value)
        if make is not None:
            self.stage.paint(make(), self.layers[RGB]().colors)
            self.explain()

    def explain(self) -> None:
        """Say what the colours mean."""
        self.scene.legend.content = legend_html(() if self.stage.layer is None else self.stage.layer.legend)

    def draw_part(self, number: int, view: ReconstructedView, gone: int | None) -> None:
        """One more frame of a scene that grows, and one fewer where there are too many."""
        if gone is not None:
            self.stage.drop_part(gone)
        self.stage.add_part(number, *shown_part(view))
        self.say(f'frame {number + 1}')

    @property
    def session(self) -> Session:
        """What can be asked here."""
        assert isinstance(self.view, Session), 'the widgets that ask are hidden where nothing can be asked'
        return self.view

    def say(self, text: str) -> None:
        """One line at the top of the page; it may hold what users typed."""
        self.scene.status.content = escape(text)

    def on(self, register: Callable[[Callable[[Any], None]], Any], action: Callable[[Any], Any]) -> None:
        """Do ``action`` when it happens, but not too much at once."""

        def act(event: Any) -> None:
            if not self._room.acquire(blocking=False):
                raise BusyError(f'{MOST_AT_ONCE} things are being done for you already; give them a moment')
            try:
                action(event)
            finally:
                self._room.release()

        register(self.guarded(act))

    def guarded(self, action: Callable[[Any], Any]) -> Callable[[Any], None]:
        """``action``, of which what fails is said on this page; the others do not notice."""

        @wraps(action)
        def call(event: Any) -> None:
            try:
                action(event)
            except UniSeg3DError as error:
                self.scene.status.content = f'**{escape(str(error))}**'
            except Exception as error:
                announce(f'page {self.user}: {type(error).__name__}: {error}')
                self.scene.status.content = '**something went wrong here; the server says more in its log**'

        return call

    def mark(self) -> None:
        """Balls where the current object was clicked."""
        current, to_model = self.session.current, self.session.scene.opened.cloud.to_model
        clicks = () if current is None else current.clicks
        self.stage.mark([(to_model[:3, :3] @ np.array(click.position) + to_model[:3, 3], click.positive) for click in clicks])

    def _leave(self) -> None:
        if isinstance(self.view, LiveStream):
            self.view.leave(self.draw_part)


def legend_html(legend: Sequence[Entry]) -> str:
    """Names beside patches of their colours; names come from users and are escaped."""
    rows = (
        f'<span style="white-space:nowrap;margin-right:1em"><span style="display:inline-block;width:0.8em;height:0.8em;'
        f'background:rgb{entry.color}"></span> {escape(entry.title)}</span> '
        for entry in legend
    )
    return f'<div style="padding:0 1em 0.5em;font-size:0.8em;max-height:12em;overflow:auto">{"".join(rows)}</div>'
