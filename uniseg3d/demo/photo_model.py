"""Networks that make scenes of photos, and what people choose about it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from uniseg3d.apis.frame_keeper import FrameKeeper, ReconstructOptions
from uniseg3d.apis.growing_scene import GrowingScene
from uniseg3d.apis.memory_forecast import GIB, memory_budget
from uniseg3d.apis.photo_gaussians import load_gaussian_model
from uniseg3d.apis.photo_source import SourceFrame
from uniseg3d.apis.reconstruct import forecast, reconstruct
from uniseg3d.apis.reconstruction import ReconstructedView, Reconstruction
from uniseg3d.apis.reconstruction_models import load_reconstruction_model
from uniseg3d.apis.scene_input import find_config
from uniseg3d.apis.segmented_photos import asked_classes
from uniseg3d.apis.shipped import photo_size
from uniseg3d.demo.controls import Control
from uniseg3d.demo.model_queue import ModelQueue
from uniseg3d.engine.resume import announce, existing_weights
from uniseg3d.models import SIU3R, MUSt3R, PanSt3R, Point3R
from uniseg3d.models.postprocess.view_merging import MERGES
from uniseg3d.models.systems.panst3r_keyframes import KeyframeChoice, load_retrieval
from uniseg3d.utils.errors import CheckpointError, DataError

AS_SET = 'as the model is set'
MOST_KEYFRAMES = 50.0
MOST_NAMES = 500
SIZE, SQUARE = 512, 256  # long side of a photo as networks see it, and the side of those that see squares
SETS = {'scannetpp': 'scannetpp100', 'coco': 'coco133', 'ade20k': 'ade20k150'}
Seen = Callable[[ReconstructedView], None]


@dataclass
class PhotoSettings:
    """What one user chose."""

    network: str = ''
    keyframes: float = 20
    retrieval: bool = False
    scannetpp: bool = False
    coco: bool = False
    ade20k: bool = False
    names: str = ''
    merge: str = AS_SET
    ask: bool = False

    def classes(self) -> tuple[str, ...] | None:
        """Everything that things may be called; ``None`` = as the model is set."""
        lists = [asked_classes(SETS[name]) for name in SETS if getattr(self, name)]
        typed = [name.strip() for name in self.names.split(',') if name.strip()]  # never a file, whatever it is called
        names = tuple(dict.fromkeys([*(name for one in lists for name in one), *typed]))
        if len(names) > MOST_NAMES:
            raise DataError(f'{len(names)} names of classes; at most {MOST_NAMES} are looked for')
        return names or None


@dataclass(eq=False)
class PhotoModel:
    """One network, ready to work."""

    model: Any
    retrieval: Any = None  # tells which photos show the same, where the weights bring that along
    size: int = SIZE
    precision: str = 'float32'

    @classmethod
    def load(
        cls, weights: str, config: str | None, device: str | None = None, size: int | None = None, precision: str = 'float32'
    ) -> 'PhotoModel':
        """Of a weight file, work dir or shipped model, and what it is; see :func:`load_reconstruction_model`."""
        if config is not None and find_config(config).model.type == 'SIU3R':
            return cls(load_gaussian_model(weights, config).to(device or 'cpu'), None, size or SQUARE, precision)
        model = load_reconstruction_model(weights, config).to(device or 'cpu')
        return cls(
            model, _retrieval(weights) if isinstance(model, PanSt3R) else None, size or photo_size(weights, SIZE), precision
        )

    @property
    def makes_gaussians(self) -> bool:
        """Whether scenes become gaussians rather than points."""
        return isinstance(self.model, SIU3R)

    @property
    def remembers(self) -> bool:
        """Whether some photos are keyframes."""
        return isinstance(self.model, MUSt3R | PanSt3R)

    @property
    def segments(self) -> bool:
        """Whether it tells things apart."""
        return isinstance(self.model, PanSt3R)

    @property
    def grows(self) -> bool:
        """Whether it takes frame by frame."""
        return isinstance(self.model, Point3R)

    def options(self, settings: PhotoSettings, frames: int, most_points: int) -> ReconstructOptions:
        """What ``settings`` mean for so many frames, if memory allows it."""
        wanted = min(int(settings.keyframes), frames) if self.remembers else None
        differing = settings.retrieval and self.retrieval is not None and wanted is not None
        options = ReconstructOptions(
            self.size,
            most_points=most_points,
            keyframes=wanted,
            choice=KeyframeChoice(wanted or 1, retrieval=self.retrieval) if differing else None,
            classes=settings.classes() if self.segments else None,
            merge=None if settings.merge == AS_SET else settings.merge,
            precision=self.precision,
        )
        needed, budget = forecast(self.model, frames, options), memory_budget(None)
        if needed > budget:
            raise DataError(f'{frames} photos need {needed / GIB:.1f} GiB, {budget / GIB:.1f} may be used; take fewer photos')
        return options

    def run(
        self, frames: Iterable[SourceFrame], count: int, options: ReconstructOptions, queue: ModelQueue, seen: Seen
    ) -> Reconstruction:
        """Points and cameras; ``seen`` hears of every frame as soon as it is known, where the network grows scenes.

        A network that grows scenes lets others have their turn between two frames.
        """
        if not self.grows:
            return queue.run(lambda: reconstruct(self.model, frames, options, expected=count, say=announce))
        growing = GrowingScene(self.model, FrameKeeper(options, max(options.most_points // count, 1)))
        return grow(growing, frames, queue, seen)


def grow(growing: GrowingScene, frames: Iterable[SourceFrame], queue: ModelQueue, seen: Seen) -> Reconstruction:
    """One frame after the other, each in its turn."""
    for frame in frames:
        view = queue.run(lambda frame=frame: growing.add(frame))  # type: ignore[misc]
        if view is not None:
            seen(view)
    return growing.scene


def _retrieval(weights: str | Path) -> Any:
    try:
        return load_retrieval(existing_weights(weights))
    except CheckpointError:
        return None


CONTROLS = (
    Control(
        'keyframes', 'keyframes', (2.0, float(MOST_KEYFRAMES), 1.0), lambda one: one.remembers, 'photos that are remembered'
    ),
    Control('retrieval', 'keyframes that differ', (), lambda one: one.retrieval is not None, 'instead of evenly spread ones'),
    Control('scannetpp', 'ScanNet++ classes', (), lambda one: one.segments),
    Control('coco', 'COCO classes', (), lambda one: one.segments),
    Control('ade20k', 'ADE20k classes', (), lambda one: one.segments),
    Control('names', 'own classes', (), lambda one: one.segments, 'chair, lamp, piano'),
    Control('merge', 'merge masks by', (AS_SET, *MERGES), lambda one: one.segments),
)
