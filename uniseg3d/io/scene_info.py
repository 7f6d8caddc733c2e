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
    """All sentences about one object."""

    object_id: int  # ScanNet objectId, 0-based
    label: int  # thing class, 0..17
    sentences: list[str]  # k entries; never empty
    tokens: np.ndarray  # [k, 77] int64, zero padded
    point_ids: np.ndarray | None = None  # [p] int64, points of the object where the file states them
    kinds: list[str] = field(default_factory=list)  # k, what each sentence tells the object by; empty = unknown


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
