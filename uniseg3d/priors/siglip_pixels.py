"""Features of patches from SigLIP's image tower, without training: its pooling is asked about each patch alone."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from uniseg3d.priors.pixel_experts import DenseMap, Photo
from uniseg3d.priors.tiles import describe_tiles
from uniseg3d.registry import EXPERTS
from uniseg3d.utils.errors import ConfigError
from uniseg3d.utils.mmengine_compat import import_beside_torchvision


@EXPERTS.register_module()
class SiglipPixels:
    """SigLIP or a SigLIP 2 of fixed resolution by transformers; its texts are those of :class:`SiglipText`.

    Where it pools the patches of a whole picture, attention that has only one patch to look at leaves that patch as it is: so
    every patch comes into the space of texts.

    Args:
        model: folder of its files.
    """

    def __init__(self, model: str, device: str = 'cpu') -> None:
        transformers = import_beside_torchvision('transformers', 'priors')
        network = transformers.AutoModel.from_pretrained(model, local_files_only=True)
        if getattr(network.config, 'model_type', '') != 'siglip':
            raise ConfigError(f'{model} holds a network of type {network.config.model_type}; SiglipPixels needs siglip')
        self.tower: Any = network.vision_model.to(device).eval()
        self.size: int = network.config.vision_config.image_size
        self.device = torch.device(device)

    @torch.no_grad()
    def describe(self, photos: Sequence[Photo]) -> list[DenseMap]:
        """A feature of length one for every patch of each photo."""
        return [describe_tiles(photo, self.patches, self.device) for photo in photos]

    def patches(self, squares: Tensor) -> Tensor:
        """Features [n, C, g, g] of the patches of squares [n, 3, s, s] with colours 0..1."""
        sized = F.interpolate(squares, (self.size, self.size), mode='bicubic', antialias=True).clamp(0, 1)
        rows = self.tower(pixel_values=2 * sized - 1).last_hidden_state  # [n, g², C]
        alone = self.tower.head(rows.flatten(0, 1)[:, None]).unflatten(0, rows.shape[:2])
        side = round(rows.shape[1] ** 0.5)
        return F.normalize(alone, dim=2).mT.unflatten(2, (side, side))
