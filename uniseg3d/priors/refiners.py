"""Exact masks from a few points: what turns rough masks of pictures into pseudo masks."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from uniseg3d.io.images import read_map
from uniseg3d.priors.pixel_experts import Photo
from uniseg3d.registry import EXPERTS
from uniseg3d.utils.errors import CheckpointError
from uniseg3d.utils.mmengine_compat import import_beside_torchvision


class Refiner(Protocol):
    """Points inside an object to its mask."""

    def refine(self, photo: Photo, points: np.ndarray) -> np.ndarray:
        """Mask [H, W] bool of what ``points`` (column, row) [P, 2] lie in."""
        ...


@EXPERTS.register_module()
class KnownSegments:
    """Answers from maps of objects, ``instance/N.png``, without knowing what the objects are; for pictures of rooms."""

    def refine(self, photo: Photo, points: np.ndarray) -> np.ndarray:
        """All that the points lie in."""
        instance = read_map(photo.folder / 'instance' / f'{photo.name}.png')
        return np.isin(instance, instance[points[:, 1], points[:, 0]])


@EXPERTS.register_module()
class SamRefiner:
    """Segment Anything by the package ``segment-anything``; ``weights`` is its file."""

    def __init__(self, weights: str, model: str = 'vit_h', device: str = 'cpu') -> None:
        if not Path(weights).expanduser().is_file():
            raise CheckpointError(f'{weights} does not exist; put the weights of Segment Anything there (sam_vit_h_4b8939.pth)')
        sam = import_beside_torchvision('segment_anything', 'priors')
        network = sam.sam_model_registry[model]()
        state: dict[str, Tensor] = torch.load(Path(weights).expanduser(), map_location='cpu', weights_only=True)
        network.load_state_dict(state)
        self.predictor: Any = sam.SamPredictor(network.to(device).eval())

    def refine(self, photo: Photo, points: np.ndarray) -> np.ndarray:
        """The first mask, from positive points; the picture is RGB, as the model has learned it."""
        self.predictor.set_image(photo.image.numpy())
        masks, _, _ = self.predictor.predict(points, np.ones(len(points), dtype=int), multimask_output=False)
        return masks[0]


class Pictures(Protocol):
    """What draws pictures of single classes with rough masks: ``<class>/{color,rough}/N`` below a folder."""

    def make(self, folder: Path, classes: Sequence[str]) -> dict[str, int]:
        """How many pictures each class has now; those that are there are kept."""
        ...
