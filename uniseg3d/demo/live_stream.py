"""A scene that grows while people look at it: frames arrive, and every page draws them."""

import threading
from collections import deque
from collections.abc import Callable, Iterable

from uniseg3d.apis.frame_keeper import FrameKeeper
from uniseg3d.apis.growing_scene import GrowingScene
from uniseg3d.apis.photo_source import SourceFrame
from uniseg3d.apis.reconstruction import ReconstructedView
from uniseg3d.demo.model_queue import ModelQueue
from uniseg3d.demo.photo_model import PhotoModel, PhotoSettings, grow
from uniseg3d.demo.shared_scene import MOST_SHOWN
from uniseg3d.engine.resume import announce
from uniseg3d.utils.errors import ConfigError, UniSeg3DError

MOST_PARTS = 300  # frames that are shown; of longer streams the newest
Listener = Callable[[int, ReconstructedView, int | None], None]  # number of a frame, what it shows, number of one that goes


class LiveStream:
    """Reconstructed once, in a thread of its own, for all who follow it."""

    def __init__(self, maker: PhotoModel, frames: Iterable[SourceFrame], queue: ModelQueue, most: int = MOST_PARTS) -> None:
        if not maker.grows:
            raise ConfigError(f'a {type(maker.model).__name__} does not take frame by frame; give --stream a Point3R')
        options = maker.options(PhotoSettings(), most, MOST_SHOWN)
        self.growing = GrowingScene(maker.model, FrameKeeper(options, MOST_SHOWN // most))
        self.frames, self.queue = frames, queue
        self.ended = False
        self._parts: deque[tuple[int, ReconstructedView]] = deque(maxlen=most)
        self._listeners: list[Listener] = []
        self._count, self._lock = 0, threading.Lock()

    def start(self) -> None:
        """Begin to take frames."""
        threading.Thread(target=self._run, daemon=True, name='stream').start()

    def follow(self, listener: Listener) -> None:
        """Tell ``listener`` what is there, and then what comes."""
        with self._lock:
            for number, view in self._parts:
                listener(number, view, None)
            self._listeners.append(listener)

    def leave(self, listener: Listener) -> None:
        """Tell it nothing more."""
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)

    def _run(self) -> None:
        try:
            grow(self.growing, self.frames, self.queue, self._seen)
        except (UniSeg3DError, RuntimeError) as error:  # the queue ends with the viewer
            announce(f'the stream ended: {error}')
        self.ended = True

    def _seen(self, view: ReconstructedView) -> None:
        self.growing.scene.views.clear()  # what is shown is kept here, and no more
        with self._lock:
            gone = self._parts[0][0] if len(self._parts) == self._parts.maxlen else None
            self._parts.append((self._count, view))
            for listener in self._listeners:
                listener(self._count, view, gone)
            self._count += 1
