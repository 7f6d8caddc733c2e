"""What a network says about a scene that it turns into gaussians."""

from typing import NamedTuple

from torch import Tensor

from uniseg3d.models.decoders.video_mask_decoder import VideoMasks
from uniseg3d.structures.gaussians import Gaussians


class SceneAnswer(NamedTuple):
    """V views of one scene, of which the first is the world."""

    gaussians: Gaussians  # one per pixel, view by view and row by row
    masks: VideoMasks
    texts: Tensor | None = None  # [T, Q] logits: which query a sentence means
