"""Pictures of single classes without a diffusion model: objects of rooms that no data set has."""

from collections.abc import Sequence
from pathlib import Path

from uniseg3d.registry import EXPERTS
from uniseg3d.rooms.class_pictures import make_class_pictures
from uniseg3d.text.class_lists import class_list
from uniseg3d.utils.errors import ConfigError


@EXPERTS.register_module()
class RoomPictures:
    """``count`` pictures of every class of a list that rooms furnish."""

    def __init__(self, count: int = 20, classes: str = 'scannet20', seed: int = 0) -> None:
        self.count, self.classes, self.seed = count, classes, seed

    def make(self, folder: Path, classes: Sequence[str]) -> dict[str, int]:
        """Draw what is missing; the names must be those of the list."""
        if list(classes) != list(class_list(self.classes).names):
            raise ConfigError(
                f'RoomPictures draws the classes of {self.classes}, not those of the vocabulary; name the same list'
            )
        return make_class_pictures(folder, self.classes, self.count, self.seed)
