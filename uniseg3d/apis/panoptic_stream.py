"""Panoptic labels of a scene that grows frame by frame; objects keep their numbers while it does."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from uniseg3d.apis.frame_keeper import FrameKeeper, ReconstructOptions
from uniseg3d.apis.growing_scene import GrowingScene
from uniseg3d.apis.lift_then_segment import LiftedScene, lift
from uniseg3d.apis.photo_source import SourceFrame
from uniseg3d.apis.reconstruction import Reconstruction
from uniseg3d.apis.scene_inferencer import SceneInferencer
from uniseg3d.models import MUSt3R, Point3R
from uniseg3d.utils.errors import ConfigError

NOTHING = -1  # no object
LEAST_IOU = 0.25  # of what a segment was and is, over the points that were there before


@dataclass(eq=False)
class LabelledPoints:
    """What is known about the N points of all frames so far, in their order."""

    xyz: np.ndarray  # [N, 3] float32, in the world of the first frame's camera
    colors: np.ndarray  # [N, 3] uint8
    semantic: np.ndarray  # [N] class, a place in the model's class list
    objects: np.ndarray  # [N] number of the object, the same in all answers of a stream; -1 = no thing
    kinds: dict[int, str]  # name of the class of each object that there is now
    scene: LiftedScene  # may be asked: clicks, sentences, names


class PanopticStream:
    """Frames to points by a network that remembers, and every so many frames the labels of all points.

    ::

        stream = PanopticStream(SceneInferencer(), load_reconstruction_model(), every=10, options=ReconstructOptions(64))
        for frame in watch_folder('incoming/'):
            labelled = stream.add(frame)

    Args:
        segmenter: answers about the points.
        reconstructor: makes them.
        every: frames between two answers; each takes as long as one about a scan of all points so far.
        options: of the reconstruction; ``most_points`` bounds a thousand frames.
        scale: metres in one unit of the reconstruction; by default found out.
    """

    def __init__(
        self,
        segmenter: SceneInferencer,
        reconstructor: Point3R | MUSt3R,
        every: int = 10,
        options: ReconstructOptions | None = None,
        scale: float | None = None,
    ) -> None:
        if every < 1:
            raise ConfigError(f'every must be at least 1, got {every}')
        if not isinstance(reconstructor, Point3R | MUSt3R):
            raise ConfigError(
                f'a stream needs a network that takes one frame after the other, not {type(reconstructor).__name__}'
            )
        options = options or ReconstructOptions()
        self.growing = GrowingScene(reconstructor, FrameKeeper(options, max(options.most_points // 1000, 1)))
        self.segmenter, self.every, self.scale = segmenter, every, scale
        self._objects = np.zeros(0, np.int64)  # of the points of the last answer
        self._count = 0  # objects so far

    @property
    def reconstruction(self) -> Reconstruction:
        """Points and cameras so far, and why frames were left out."""
        return self.growing.scene

    def add(self, frame: SourceFrame | np.ndarray) -> LabelledPoints | None:
        """Take the next frame, by itself a picture [H, W, 3] uint8; an answer with every so many that could be used."""
        if isinstance(frame, np.ndarray):
            number = len(self.reconstruction.views) + len(self.reconstruction.faults)
            frame = SourceFrame(f'{number}', float(number), frame)
        used = self.growing.add(frame) is not None
        return self.label() if used and len(self.reconstruction.views) % self.every == 0 else None

    def label(self) -> LabelledPoints:
        """The labels of all points now."""
        found = self.reconstruction
        now = Reconstruction(list(found.views), dict(found.faults))
        scene = LiftedScene(now, self.segmenter.open(lift(now, 'stream', self.scale)))
        answer = self.segmenter(scene.opened)
        assert answer.panoptic is not None
        segments = answer.per_point(answer.panoptic.segment).numpy()
        semantic = answer.per_point(answer.panoptic.semantic).numpy()
        things = np.where(segments < scene.opened.num_stuff, NOTHING, segments)
        objects, self._count = follow(self._objects, things, self._count)
        self._objects = objects
        names = self.segmenter.classes.names
        numbers, rows = np.unique(objects, return_index=True)
        kinds = {int(number): names[semantic[row]] for number, row in zip(numbers, rows, strict=True) if number != NOTHING}
        return LabelledPoints(now.points, now.colors, semantic, objects, kinds, scene)


def follow(before: np.ndarray, now: np.ndarray, count: int) -> tuple[np.ndarray, int]:
    """Segments ``now`` [N] under the numbers that they had ``before`` [n <= N], -1 = none; new ones count on from ``count``.

    A segment goes on as the object that it shares most of the first n points with, each object as one segment.
    """
    segments, place = np.unique(now, return_inverse=True)
    known, old_place = np.unique(before, return_inverse=True)
    shared = np.zeros((len(segments), len(known)))
    np.add.at(shared, (place[: len(before)], old_place), 1)
    sizes, old_sizes = shared.sum(1, keepdims=True), shared.sum(0)
    iou = shared / (sizes + old_sizes - shared).clip(min=1)
    iou[segments == NOTHING] = iou[:, known == NOTHING] = 0
    rows, columns = linear_sum_assignment(iou, maximize=True)
    kept = iou[rows, columns] >= LEAST_IOU
    numbers = np.full(len(segments), NOTHING)
    numbers[rows[kept]] = known[columns[kept]]
    fresh = (numbers == NOTHING) & (segments != NOTHING)
    numbers[fresh] = count + np.arange(fresh.sum())
    return numbers[place], count + int(fresh.sum())
