"""Photos of one scene, with whatever is known about their cameras."""

from dataclasses import dataclass

from torch import Tensor

from uniseg3d.structures.container import Container
from uniseg3d.utils.errors import DataError


@dataclass(eq=False)
class ViewSet(Container):
    """V images of equal size. Cameras are OpenCV camera-to-world (x right, y down, z forward), metres, pixels."""

    scene_id: str
    images: Tensor  # [V, H, W, 3] uint8 RGB
    names: list[str]  # V file names or frame numbers
    intrinsics: Tensor | None = None  # [V, 3, 3] float, pixels of ``images``
    camera_to_world: Tensor | None = None  # [V, 4, 4] float
    depth: Tensor | None = None  # [V, H, W] float, metres along z, 0 = no measurement
    semantic: Tensor | None = None  # [V, H, W] int64
    instance: Tensor | None = None  # [V, H, W] int64, consistent over the views

    def __post_init__(self) -> None:
        self._check_items('names', str)
        self._check('images', (len(self), None, None, 3), 'uint8')
        if len(self) == 0:
            raise DataError(f'scene {self.scene_id}: no images; expected at least one')
        pixels = self.images.shape[1:3]
        for name, shape, kind in (
            ('intrinsics', (3, 3), 'float'),
            ('camera_to_world', (4, 4), 'float'),
            ('depth', pixels, 'float'),
            ('semantic', pixels, 'index'),
            ('instance', pixels, 'index'),
        ):
            if getattr(self, name) is not None:
                self._check(name, (len(self), *shape), kind)

    def __len__(self) -> int:
        return len(self.names)
