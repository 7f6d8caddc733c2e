"""One user's page: widgets that call the session, and what comes of it drawn by viser."""

from collections.abc import Callable
from functools import wraps
from html import escape
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from uniseg3d.demo.host import Host, View
from uniseg3d.demo.layers import RGB, Layer, Layers
from uniseg3d.demo.session import OBJECTS, TEXTS, Session
from uniseg3d.demo.shown_files import Shown, gaussian_colors
from uniseg3d.engine.resume import announce
from uniseg3d.utils.errors import UniSeg3DError

ON_IT, OFF_IT, LOOK = 'belongs to it', 'does not belong', 'only look'
POINT_SIZE = 0.03
GREEN, RED = (40, 200, 60), (220, 40, 40)


class Page:
    """Belongs to one viser client; ``user`` is the number that the server gave it."""

    def __init__(self, host: Host, client: Any) -> None:
        self.host, self.client, self.user = host, client, int(client.client_id)
        self.view: View | None = None
        self.layers: Layers = {}
        self.marks: list[Any] = []
        self.cloud: Any = None
        self._build()
        self.client.scene.on_click()(self._guarded(lambda event: self._clicked(event, self.mode.value != OFF_IT)))
        self.client.scene.on_click(modifier='shift')(self._guarded(lambda event: self._clicked(event, False)))
        self.show(host.begin())

    def show(self, view: View | None) -> None:
        """Another scene."""
        self.view = view
        for name in ('/cloud', '/gaussians', '/cameras'):
            self.client.scene.remove_by_name(name)
        self.cloud = None
        asked = isinstance(view, Session)
        for folder in self.asking:
            folder.visible = asked
        if view is None:
            self.status.content = 'Upload a scan to begin.'
            return
        self._look_from_above()
        if isinstance(view, Shown):
            self._draw_extras(view)
        self.refresh(RGB)

    def refresh(self, chosen: str | None = None) -> None:
        """Compute the layers anew and draw one of them."""
        self.layers = {} if self.view is None else self._layers()
        if not self.layers:
            return
        wanted = chosen if chosen in self.layers else self.layer.value
        self.layer.options = tuple(self.layers)
        self.layer.value = wanted if wanted in self.layers else next(iter(self.layers))
        self._draw()

    def _layers(self) -> Layers:
        if isinstance(self.view, Session):
            return self.view.layers()
        return {name: lambda layer=layer: layer for name, layer in self.view.layers.items()}  # type: ignore

    @property
    def _xyz(self) -> np.ndarray:
        return self.view.scene.xyz if isinstance(self.view, Session) else self.view.xyz  # type: ignore[union-attr]

    # what the page consists of

    def _build(self) -> None:
        gui = self.client.gui
        gui.configure_theme(show_share_button=False, show_logo=False)
        with gui.add_folder('Scene'):
            self.status = gui.add_markdown('')
            self.layer = gui.add_dropdown('layer', (RGB,))
            self.size = gui.add_slider('point size', 0.002, 0.1, 0.002, POINT_SIZE)
            self.upload = gui.add_upload_button('Open a scan of yours')
            self._on(self.upload.on_upload, self._uploaded)
            if self.host.local_files is not None:
                self.path = gui.add_text('file', '')
                self._on(gui.add_button('Open this file').on_click, lambda _: self.show(self.host.open_local(self.path.value)))
        self._on(self.layer.on_update, lambda _: self._draw())
        self._on(self.size.on_update, lambda _: self._resize())
        self.asking = [gui.add_folder(name) for name in ('Click', 'Type', 'Result')]
        self._build_clicks(self.asking[0])
        self._build_texts(self.asking[1])
        self._build_results(self.asking[2])
        self.legend = gui.add_html('')

    def _build_clicks(self, folder: Any) -> None:
        gui = self.client.gui
        with folder:
            self.mode = gui.add_dropdown('a click', (LOOK, ON_IT, OFF_IT), initial_value=ON_IT, hint='shift: does not belong')
            self.label = gui.add_text('label', '')
            self._on(gui.add_button('Keep this object').on_click, lambda _: self._keep())
            self._on(gui.add_button('Undo').on_click, lambda _: self._undo())

    def _build_texts(self, folder: Any) -> None:
        gui = self.client.gui
        with folder:
            self.sentence = gui.add_text('sentence', '', hint='the chair next to the table')
            self._on(gui.add_button('Find it').on_click, lambda _: self._say())
            self.names = gui.add_text('classes', '', hint='chair, lamp, piano')
            self._on(gui.add_button('Find all of these').on_click, lambda _: self._ask_names())
            self._on(gui.add_button('Clear all').on_click, lambda _: self._clear())

    def _build_results(self, folder: Any) -> None:
        gui = self.client.gui
        with folder:
            self.min_score = gui.add_slider('least score', 0.0, 1.0, 0.05, 0.3)
            self._on(self.min_score.on_update, lambda _: self._threshold())
            self._on(gui.add_button('Export (.zip)').on_click, lambda _: self._export())

    # what happens when people do something

    def _clicked(self, event: Any, positive: bool) -> None:
        session = self.view
        if not isinstance(session, Session) or self.mode.value == LOOK:
            return
        row = session.scene.pick(event.ray_origin, event.ray_direction)
        if row is None:
            self.status.content = 'no point lies there'
            return
        found = session.click(row, positive)
        count = len(found.clicks)
        self.status.content = f'{count} click{"s" * (count > 1)}, score {found.score:.2f}'
        self._mark()
        self.refresh(OBJECTS)

    def _undo(self) -> None:
        self._session.undo()
        self._mark()
        self.refresh()

    def _keep(self) -> None:
        kept = self._session.keep(self.label.value)
        self.status.content = f'kept: {escape(kept.text)}'
        self._mark()
        self.refresh(OBJECTS)

    def _say(self) -> None:
        found = self._session.say(self.sentence.value)
        self.status.content = f'“{escape(found.text)}”: score {found.score:.2f}'
        self.refresh(TEXTS)

    def _ask_names(self) -> None:
        found = self._session.ask_names(self.names.value)
        self.status.content = f'{0 if found is None else len(found)} found'
        self.refresh('named')

    def _clear(self) -> None:
        self._session.clear()
        self._mark()
        self.refresh(RGB)

    def _threshold(self) -> None:
        if isinstance(self.view, Session):
            self.view.min_score = self.min_score.value
            self.refresh()

    def _uploaded(self, _: Any) -> None:
        file = self.upload.value
        self.status.content = 'reading ...'
        self.show(self.host.open_upload(self.user, file.name, file.content))

    def _export(self) -> None:
        session, folder = self._session, self.host.sandbox.folder(self.user)
        self.client.send_file_download(f'{session.scene.name}.zip', session.archive(folder.scratch()), save_immediately=True)

    @property
    def _session(self) -> Session:
        assert isinstance(self.view, Session), 'the widgets that ask are hidden where nothing can be asked'
        return self.view

    # drawing

    def _draw(self) -> None:
        make = self.layers.get(self.layer.value)
        if make is None:
            return
        layer = make()
        if self.cloud is None:
            self.cloud = self.client.scene.add_point_cloud(
                '/cloud', self._xyz, layer.colors, point_size=self.size.value, point_shape='rounded', precision='float32'
            )
        else:
            self.cloud.colors = layer.colors
        self.legend.content = legend_html(layer)

    def _resize(self) -> None:
        if self.cloud is not None:
            self.cloud.point_size = self.size.value

    def _mark(self) -> None:
        """Balls where the current object was clicked."""
        for mark in self.marks:
            mark.remove()
        current = self._session.current
        places = () if current is None else current.clicks
        to_model = self._session.scene.opened.cloud.to_model
        self.marks = [
            self.client.scene.add_icosphere(
                f'/clicks/{number}',
                0.03,
                GREEN if click.positive else RED,
                position=to_model[:3, :3] @ np.array(click.position) + to_model[:3, 3],
            )
            for number, click in enumerate(places)
        ]

    def _draw_extras(self, shown: Shown) -> None:
        scene = self.client.scene
        if shown.gaussians is not None:
            turn = shown.to_z_up
            spread = turn @ shown.gaussians.covariances.numpy() @ turn.T
            opacity = shown.gaussians.opacities.numpy()[:, None]
            scene.add_gaussian_splats('/gaussians', shown.xyz, spread, gaussian_colors(shown.gaussians) / 255.0, opacity)
        for number, camera in enumerate(shown.cameras):
            wxyz = _quaternion(camera.camera_to_world[:3, :3])
            scene.add_camera_frustum(
                f'/cameras/{number}', camera.fov, camera.aspect, scale=0.15, wxyz=wxyz, position=camera.camera_to_world[:3, 3]
            )

    def _look_from_above(self) -> None:
        low, high = np.percentile(self._xyz, [1, 99], axis=0) if len(self._xyz) else (np.zeros(3), np.ones(3))
        middle, size = (low + high) / 2, float(np.linalg.norm(high - low))
        camera = self.client.camera
        camera.up_direction = (0.0, 0.0, 1.0)
        camera.position = middle + size * np.array([0.0, -0.45, 0.65])
        camera.look_at = middle

    # what goes wrong

    def _on(self, register: Callable[[Callable[[Any], None]], Any], action: Callable[[Any], Any]) -> None:
        register(self._guarded(action))

    def _guarded(self, action: Callable[[Any], Any]) -> Callable[[Any], None]:
        """What fails is said on this page; the others do not notice."""

        @wraps(action)
        def call(event: Any) -> None:
            try:
                action(event)
            except UniSeg3DError as error:
                self.status.content = f'**{escape(str(error))}**'
            except Exception as error:
                announce(f'page {self.user}: {type(error).__name__}: {error}')
                self.status.content = '**something went wrong here; the server says more in its log**'

        return call


def legend_html(layer: Layer) -> str:
    """Names beside patches of their colours; names come from users and are escaped."""
    rows = (
        f'<div><span style="display:inline-block;width:1em;height:1em;background:rgb{color}"></span> {escape(title)}</div>'
        for title, color in layer.legend
    )
    return f'<div style="padding:0 1em">{"".join(rows)}</div>'


def _quaternion(rotation: np.ndarray) -> np.ndarray:
    """w x y z of a rotation matrix."""
    x, y, z, w = Rotation.from_matrix(rotation).as_quat()
    return np.array([w, x, y, z])
