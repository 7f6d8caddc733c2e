"""What is known about one prepared scene: where its arrays lie, what its objects are and what is said about them."""

from dataclasses import dataclass, field

import numpy as np

TOKEN_LENGTH = 77  # columns of a zero-padded token row, CLIP's context length
LARGEST_TOKEN = 49407  # of CLIP's vocabulary; it ends a sentence


@dataclass
class InstanceBox:
    """Axis-aligned box of one object, metres, in the aligned frame."""

    label: int  # thing class, 0..17
    center: np.ndarray  # [3] float64
    size: np.ndarray  # [3] float64
    object_id: int | None = None  # unknown in the original's pickles
    name: str = ''  # what people call it, finer than its class; '' = unknown


@dataclass
class ObjectText:
    """All sentences about one object, about the same several objects, or about none that the scene has."""

    object_id: int  # ScanNet objectId, 0-based; -1 = several objects or none
    label: int  # thing class, 0..17; -1 = of several classes, or of none
    sentences: list[str]  # k entries; never empty
    tokens: np.ndarray  # [k, 77] int64, zero padded
    point_ids: np.ndarray | None = None  # [p] int64, points of the object where the file states them
    kinds: list[str] = field(default_factory=list)  # k, what each sentence is, words joined by '+'; empty = unknown
    object_ids: tuple[int, ...] = ()  # all that are meant, increasing; follows from ``object_id`` where that is one

    def __post_init__(self) -> None:
        if self.object_id >= 0:
            self.object_ids = (self.object_id,)

    @classmethod
    def about(
        cls, object_ids: tuple[int, ...], label: int, sentences: list[str], tokens: np.ndarray, kinds: list[str]
    ) -> 'ObjectText':
        """Sentences about any number of objects."""
        single = object_ids[0] if len(object_ids) == 1 else -1
        return cls(single, label, sentences, tokens, kinds=kinds, object_ids=object_ids)


@dataclass
class SceneInfo:
    """One scene of an info file. Paths are file names below the data set's folders (points/, super_points/, ...)."""

    scene_id: str
    points_path: str
    superpoints_path: str
    instance_mask_path: str | None = None  # None = nobody annotated the scene
    semantic_mask_path: str | None = None
    axis_align_matrix: np.ndarray = field(default_factory=lambda: np.eye(4))  # [4, 4] float64, scan to aligned frame
    instances: list[InstanceBox] = field(default_factory=list)
    texts: list[ObjectText] = field(default_factory=list)
    pseudo_masks_path: str | None = None  # .npz below pseudo_masks/, key ``masks``: bool [u, N]
    novel_superpoint_masks: np.ndarray | None = None  # [u, M] bool, where the info file itself holds them
    num_points: int | None = None
