"""A reconstruction that takes one frame after the other."""

import time

from uniseg3d.apis.frame_keeper import FrameKeeper
from uniseg3d.apis.photo_source import SourceFrame
from uniseg3d.apis.reconstruction import ReconstructedView, Reconstruction
from uniseg3d.apis.stream import PointStream
from uniseg3d.models import MUSt3R, Point3R
from uniseg3d.utils.errors import UniSeg3DError


class GrowingScene:
    """Points and cameras of the frames so far are in ``scene``; a frame that cannot be used leaves it as it was."""

    def __init__(self, model: Point3R | MUSt3R, keep: FrameKeeper) -> None:
        self.stream, self.keep, self.scene = PointStream(model, keep.options.precision), keep, Reconstruction([])

    def add(self, frame: SourceFrame) -> ReconstructedView | None:
        """What the next frame shows; ``None`` = it is left out, and ``scene.faults`` says why."""
        start = time.perf_counter()
        try:
            photo = self.keep.fit(frame)
            view = self.keep.answered(frame, photo, self.stream.step(photo.image))
        except UniSeg3DError as error:
            self.scene.faults[frame.name] = str(error)
            return None
        self.scene.seconds += time.perf_counter() - start
        self.scene.views.append(view)
        return view
