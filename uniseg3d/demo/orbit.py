"""A camera that circles around where it stood."""

import threading
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from uniseg3d.demo.controls import Control


@dataclass
class Orbit:
    """How it moves."""

    running: bool = False
    speed: float = 1.0  # rounds in ten seconds
    radius: float = 10.0  # degrees
    fps: float = 30.0


ORBITS = (
    Control('running', 'animate the camera'),
    Control('speed', 'speed', (0.1, 2.0, 0.1)),
    Control('radius', 'radius (degrees)', (0.5, 30.0, 0.5)),
    Control('fps', 'frames per second', (1.0, 60.0, 1.0)),
)


def circled(position: np.ndarray, target: np.ndarray, up: np.ndarray, degrees: float, turn: float) -> np.ndarray:
    """Where a camera at ``position`` [3] that looks at ``target`` is after ``turn`` rounds: on a circle that lies around its
    place, ``degrees`` wide as seen from the target, without coming nearer.
    """
    arm = position - target
    side = np.cross(up, arm)
    side = side / max(float(np.linalg.norm(side)), 1e-9)
    rise = np.cross(arm, side) / max(float(np.linalg.norm(arm)), 1e-9)
    angle = np.deg2rad(degrees)
    swing = Rotation.from_rotvec(rise * angle * np.sin(2 * np.pi * turn)) * Rotation.from_rotvec(
        side * angle * np.cos(2 * np.pi * turn)
    )
    return target + swing.apply(arm)


class Animation:
    """Moves the camera of one page while ``orbit.running``."""

    def __init__(self, camera: Any, orbit: Orbit) -> None:
        self.camera, self.orbit, self.turn = camera, orbit, 0.0
        self._thread: threading.Thread | None = None

    def changed(self, _: str) -> None:
        """Begin, if that is what was set; it ends by itself."""
        if self.orbit.running and (self._thread is None or not self._thread.is_alive()):
            self._thread = threading.Thread(target=self._move, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """The page is gone."""
        self.orbit.running = False

    def _move(self) -> None:
        camera, orbit = self.camera, self.orbit
        start, target, up = (np.array(part) for part in (camera.position, camera.look_at, camera.up_direction))
        last = time.monotonic()
        while orbit.running:
            time.sleep(1 / orbit.fps)
            now = time.monotonic()
            self.turn, last = self.turn + orbit.speed * (now - last) / 10, now
            camera.position = circled(start, target, up, orbit.radius, self.turn)
            camera.look_at = target
        camera.position, camera.look_at = start, target
