"""Draws what a page shows with viser."""

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from uniseg3d.demo.layer import Layer
from uniseg3d.demo.look import Look
from uniseg3d.demo.picking import below_ceiling
from uniseg3d.demo.shown import Shown, ShownCamera

CLOUD, SPLATS, CAMERAS, TAGS, MARKS, PARTS = '/cloud', '/gaussians', '/cameras', '/names', '/clicks', '/parts'
GREEN, RED, BLUE = (40, 200, 60), (220, 40, 40), (40, 90, 200)
BALL = 0.03  # metres


class Stage:
    """The 3D part of one page."""

    def __init__(self, client: Any) -> None:
        self.client, self.scene = client, client.scene
        self.look = Look()
        self.shown: Shown | None = None
        self.layer: Layer | None = None  # as it is drawn
        self._lock = threading.RLock()
        self._given: tuple[Layer, np.ndarray] | None = None  # the layer as it was made, and what lies under it

    def show(self, shown: Shown | None) -> None:
        """Another scene; nothing is drawn before :meth:`paint`."""
        with self._lock:
            self.clear()
            self.shown = shown
            self.look.height = 1.0 if shown is None or shown.gaussians is not None else below_ceiling(shown.xyz)
        if shown is not None:
            self._draw_cameras()
            self.reset_camera()

    def clear(self) -> None:
        """An empty stage."""
        for name in (CLOUD, SPLATS):
            self.scene.remove_by_name(name)
        for name in (CAMERAS, TAGS, MARKS, PARTS):
            self._fresh(name)
        self.shown = self.layer = self._given = None

    def paint(self, layer: Layer, base: np.ndarray) -> None:
        """Draw the points in the colours of ``layer``; ``base`` [n, 3]: those of the scan."""
        with self._lock:
            self._given = layer, base
            self._draw_now()

    def changed(self, field: str) -> None:
        """A setting of the look is another now."""
        if field in ('cameras', 'camera_size'):
            self._draw_cameras()
        else:
            self._draw()

    def recolor(self) -> None:
        """Other colours for what is only told apart."""
        self.look.seed += 1
        self._draw()

    def mark(self, places: Sequence[tuple[np.ndarray, bool]]) -> None:
        """Balls where an object was clicked: green ones on it, red ones off it."""
        self._fresh(MARKS)
        for number, (place, positive) in enumerate(places):
            self.scene.add_icosphere(f'{MARKS}/{number}', BALL, GREEN if positive else RED, position=place)

    def add_part(self, number: int, xyz: np.ndarray, colors: np.ndarray, camera: ShownCamera) -> None:
        """Points [k, 3] of one more frame of a scene that grows, beside those that are there."""
        self._add_points(f'{PARTS}/{number}', xyz, colors)
        self._add_camera(f'{PARTS}/{number}/camera', camera)

    def drop_part(self, number: int) -> None:
        """Forget the oldest frame."""
        self.scene.remove_by_name(f'{PARTS}/{number}')

    @property
    def top(self) -> float:
        """Metres up to which points are shown."""
        if self.shown is None or self.look.height >= 1 or not len(self.shown.xyz):
            return float('inf')
        low, high = self.shown.xyz[:, 2].min(), self.shown.xyz[:, 2].max()
        return float(low + self.look.height * (high - low))

    def reset_camera(self) -> None:
        """To where the first photo was taken from, a little behind; of scans to above them."""
        if self.shown is None:
            return
        low, high = _extent(self.shown.xyz)
        middle, size = (low + high) / 2, float(np.linalg.norm(high - low))
        camera = self.client.camera
        camera.up_direction = (0.0, 0.0, 1.0)
        if self.shown.cameras:
            first = self.shown.cameras[0].camera_to_world
            camera.position = first[:3, 3] - 0.3 * size * first[:3, 2] + np.array([0.0, 0.0, 0.15 * size])
        else:
            camera.position = middle + size * np.array([0.0, -0.45, 0.65])
        camera.look_at = middle

    def _draw(self) -> None:
        with self._lock:  # sliders call from many threads; the last to draw has seen the last setting
            self._draw_now()

    def _draw_now(self) -> None:
        if self.shown is None or self._given is None:
            return
        self.layer = self._given[0].recolored(self.look.seed)
        seen, xyz, colors = self._seen(), self._places(), self._colors()
        with self.client.atomic():
            if self.shown.gaussians is not None and self.look.as_gaussians:
                self.scene.remove_by_name(CLOUD)
                self._add_splats(colors)
            else:
                self.scene.remove_by_name(SPLATS)
                self._add_points(CLOUD, xyz[seen], colors[seen])
            self._draw_tags(self.layer, xyz, seen)

    def drawn(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Points [k, 3] and colours as they are drawn; None = nothing is."""
        with self._lock:
            if self.shown is None or self.layer is None:
                return None
            seen = self._seen()
            return self._places()[seen], self._colors()[seen]

    def _places(self) -> np.ndarray:
        assert self.shown is not None
        return self.shown.local_xyz if self.look.local and self.shown.local_xyz is not None else self.shown.xyz

    def _colors(self) -> np.ndarray:
        assert self.layer is not None and self._given is not None
        return self.layer.blended(self._given[1], self.look.opacity)

    def _seen(self) -> np.ndarray:
        """Which points [n] are low and sure enough."""
        assert self.shown is not None
        low = self.shown.xyz[:, 2] <= self.top
        return low if self.shown.confidence is None else low & (self.shown.confidence >= self.look.least_confidence)

    def _draw_tags(self, layer: Layer, xyz: np.ndarray, seen: np.ndarray) -> None:
        self._fresh(TAGS)
        if self.look.tags:
            for number, (title, place) in enumerate(layer.tags(xyz, seen)):
                self.scene.add_label(f'{TAGS}/{number}', title, position=place, anchor='bottom-center')

    def _draw_cameras(self) -> None:
        self._fresh(CAMERAS)
        if self.shown is not None and self.look.cameras:
            for number, camera in enumerate(self.shown.cameras):
                self._add_camera(f'{CAMERAS}/{number}', camera)

    def _fresh(self, name: str) -> None:
        """A node that has no parts yet: only nodes that are there take their parts away with them."""
        self.scene.remove_by_name(name)
        self.scene.add_frame(name, show_axes=False)

    def _add_points(self, name: str, xyz: np.ndarray, colors: np.ndarray) -> None:
        size = self.look.point_size
        self.scene.add_point_cloud(name, xyz, colors, point_size=size, point_shape='rounded', precision='float32')

    def _add_splats(self, colors: np.ndarray) -> None:
        assert self.shown is not None and self.shown.gaussians is not None
        gaussians, turn = self.shown.gaussians, self.shown.to_z_up
        spread = turn @ gaussians.covariances.numpy() @ turn.T
        self.scene.add_gaussian_splats(SPLATS, self.shown.xyz, spread, colors / 255.0, gaussians.opacities.numpy()[:, None])

    def _add_camera(self, name: str, camera: ShownCamera) -> None:
        pose = camera.camera_to_world
        x, y, z, w = Rotation.from_matrix(pose[:3, :3]).as_quat()
        placed = {'wxyz': np.array([w, x, y, z]), 'position': pose[:3, 3]}
        drawn = {'scale': self.look.camera_size, 'thickness': 0.04 * self.look.camera_size, 'color': BLUE}
        self.scene.add_camera_frustum(name, camera.fov, camera.aspect, **drawn, **placed)


def _extent(xyz: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where nearly all points lie: two corners [3]."""
    if not len(xyz):
        return np.zeros(3), np.ones(3)
    low, high = np.percentile(xyz, [1, 99], axis=0)
    return low, high
