"""Pictures through a frozen image tower of OpenCLIP."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from uniseg3d.models.encoders.clip_tower import tower_config
from uniseg3d.utils.errors import CheckpointError, ConfigError
from uniseg3d.utils.mmengine_compat import import_open_clip
from uniseg3d.utils.weights import apply_weights, load_weights

PREFIX = 'visual.'  # of the image tower in files of OpenCLIP


class ClipImage(nn.Module):
    """The tower's feature of each picture; it is frozen and never trains.

    Args:
        tower: a model name of open_clip, or sizes in open_clip's own format: ``dict(embed_dim=..., vision_cfg=dict(...),
            text_cfg=dict(...))``.
        weights: file of that model, or of its image tower alone. ``None``: a checkpoint brings the tower.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, tower: str | Mapping[str, Any] = 'convnext_large_d_320', weights: str | Path | None = None) -> None:
        super().__init__()
        config = tower_config(tower)
        if 'vision_cfg' not in config:
            raise ConfigError(f'an image tower is given by {", ".join(config)}; expected a name, or embed_dim and vision_cfg')
        open_clip = import_open_clip()
        from open_clip.model import _build_vision_tower  # what OpenCLIP's own models call

        vision = dict(config['vision_cfg'])
        self.size: int = vision.get('image_size', 224)
        self.width: int = config['embed_dim']
        self.tower: Any = _build_vision_tower(self.width, vision, config.get('quick_gelu', False))
        self.tower.eval().requires_grad_(False)
        for name in ('mean', 'std'):
            values = config.get('preprocess_cfg', {}).get(name) or getattr(open_clip, f'OPENAI_DATASET_{name.upper()}')
            self.register_buffer(name, torch.tensor(values)[:, None, None], persistent=False)
        if weights is not None:
            fill_image_tower(self.tower, weights)

    def forward(self, images: Tensor) -> Tensor:
        """Pictures [n, 3, H, W] with colours 0..1 to features [n, width], not normalised; without gradient."""
        if len(images) == 0:
            return images.new_zeros(0, self.width)
        with torch.no_grad(), torch.autocast(images.device.type, enabled=False):
            sized = F.interpolate(images.float(), (self.size, self.size), mode='bicubic', antialias=True).clamp(0, 1)
            return self.tower((sized - self.mean) / self.std)

    def train(self, mode: bool = True) -> 'ClipImage':
        """The tower never trains."""
        super().train(mode)
        self.tower.eval()
        return self


def fill_image_tower(tower: nn.Module, path: str | Path) -> None:
    """Load the tower from a file of OpenCLIP, or of the tower alone."""
    if not Path(path).expanduser().is_file():
        raise CheckpointError(f'the weights {path} of the image tower do not exist; name the file of the open_clip model')
    state = load_weights(path).state_dict
    part = {name.removeprefix(PREFIX): value for name, value in state.items() if name.startswith(PREFIX)} or state
    mismatch = apply_weights(tower, part, allow_mismatch=True)
    if mismatch:
        raise CheckpointError(f'{path} does not hold this image tower: {mismatch}; take the file of the model named as tower')
