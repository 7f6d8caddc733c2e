"""What there is to say about where a view data set keeps its files, and how training sequences are drawn from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from uniseg3d.datasets.sequence_sampler import SequenceRule
from uniseg3d.datasets.views.covisible import Covisible
from uniseg3d.datasets.views.files import CameraReader, DepthReader, FileOf, FrameList, SceneList
from uniseg3d.datasets.views.pixel_labels import PixelLabels


@dataclass(frozen=True)
class Layout:
    """Files of one data set; patterns are below the folder of a scene, ``{}`` is the name of a frame.

    Benchmarks may lack depths, or cameras, or their matrices: what is not known is ``None``.
    """

    scenes: SceneList
    names: FrameList
    color: str
    depth: str | FileOf | None
    read_depth: DepthReader | None
    camera: CameraReader | None
    metric: bool = True
    rule: SequenceRule = field(default_factory=SequenceRule)
    largest_depth: float = np.inf  # what lies beyond is unknown
    cut_quantile: float | None = None  # so is what lies beyond this share of a map's pixels
    mask: Callable[..., np.ndarray] | None = None  # folder and frame to a map [H, W] bool of what belongs to the object
    unit: Callable[..., float] | None = None  # folder to the factor of its depths and translations
    reverse: bool = False  # sequences come backwards, as in the published training
    repeat: int = 1  # how often an epoch shows each start, as in the published training
    labels: PixelLabels | None = None  # class and instance of every pixel, where the data set knows them
    above: str = ''  # folders above those of the scenes, which names of sequences go without
    covisible: Covisible | None = None  # how training sequences are drawn from lists of images that see the same
    track: Callable[[str], str] | None = (
        None  # name of a frame to its camera, where several take one scene: sequences keep to one
    )
    track_rules: Mapping[str, SequenceRule] = field(default_factory=dict)  # of cameras that have one of their own
