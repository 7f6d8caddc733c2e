"""What a reconstruction network says about views."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from uniseg3d.structures.container import Container
from uniseg3d.structures.panoptic_views import PanopticViews
from uniseg3d.utils.errors import DataError


@dataclass(eq=False)
class Pointmaps(Container):
    """A 3D point for every pixel of B x V views of H x W pixels; the world is the camera of the first view.

    Confidences are at least 1. What a network does not answer is ``None``.
    """

    world: Tensor  # [B, V, H, W, 3] float
    confidence: Tensor  # [B, V, H, W] float, of ``world``
    local: Tensor | None = None  # [B, V, H, W, 3] float, in the camera of each view
    local_confidence: Tensor | None = None  # [B, V, H, W] float
    poses: Tensor | None = None  # [B, V, 7] float, camera-to-world: translation, unit quaternion (w, x, y, z)
    panoptic: list[PanopticViews] | None = None  # B, where the network tells things apart

    def __post_init__(self) -> None:
        self._check('world', (None, None, None, None, 3), 'float')
        pixels = tuple(self.world.shape[:4])
        self._check('confidence', pixels, 'float')
        for name, shape in (('local', (*pixels, 3)), ('local_confidence', pixels), ('poses', (*pixels[:2], 7))):
            if getattr(self, name) is not None:
                self._check(name, shape, 'float')
        if self.panoptic is not None and [len(views) for views in self.panoptic] != [pixels[1]] * len(self):
            raise DataError(f'Pointmaps.panoptic: expected maps of {pixels[1]} views for each of {len(self)} sequences')

    def __len__(self) -> int:
        return len(self.world)

    def __getitem__(self, index: int) -> 'Pointmaps':
        """One sequence, as a batch of one: a list of such is what mmengine's loops hand on."""
        row = range(len(self))[index]  # IndexError ends an iteration
        parts: dict[str, Any] = {name: value if value is None else value[row : row + 1] for name, value in vars(self).items()}
        return Pointmaps(**parts)
