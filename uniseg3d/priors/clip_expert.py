"""An OpenCLIP model as an expert for the names of objects in photos."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.models.encoders.clip_image import ClipImage
from uniseg3d.models.encoders.clip_text import ClipText
from uniseg3d.text.templates import TEMPLATES
from uniseg3d.text.vocabulary import shipped_vocabulary


class ClipExpert(nn.Module):
    """Both towers of one model, frozen.

    Args:
        tower: a model name of open_clip, or its sizes.
        weights: local file of both towers; ``None`` leaves them random.
        scales: crops as wide as the object, with some and with much of its surroundings.
        vocabulary: names that an object may have although nobody asked for them; ``None`` = those of the shipped lists.
    """

    fade = 0.0  # it has learned from whole photos
    templates = TEMPLATES['rooms']

    def __init__(
        self,
        tower: str | Mapping[str, Any] = 'convnext_large_d_320',
        weights: str | Path | None = None,
        scales: Sequence[float] = (1.1, 1.5, 2.5),
        temperature: float = 0.01,
        vocabulary: Sequence[str] | None = None,
    ) -> None:
        super().__init__()
        self.image = ClipImage(tower, weights)
        self.text = ClipText(tower, weights=None if weights is None else str(weights))
        self.crop_size, self.scales, self.temperature = self.image.size, tuple(scales), temperature
        self.vocabulary = shipped_vocabulary() if vocabulary is None else list(vocabulary)

    def encode_images(self, crops: Tensor) -> Tensor:
        """Colours 0..1 and the object's own pixels [n, 4, S, S] to directions [n, D] of length one."""
        return F.normalize(self.image(crops[:, :3]), dim=1)

    def encode_texts(self, tokens: Tensor) -> Tensor:
        """Token rows [T, 77] to features [T, D]."""
        return self.text.embed(tokens)
