"""All that Point3R knows about the frames behind it."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from uniseg3d.models.decoders.pointer_memory_rows import Pointers
from uniseg3d.models.heads.placed import Sight
from uniseg3d.structures.container import Container


@dataclass(eq=False)
class StreamState(Container):
    """B streams after some frames; as large as its pointers, however many the frames were."""

    frames: int
    size: tuple[int, int]  # H, W of every image
    slots: Tensor  # [B, S, C], the pose memory
    pointers: Pointers
    last_seen_at: Tensor  # [B, N, 3], where the patches of the last frame are: the next frame's are expected there
    sight: Sight | None = None  # the last frame, where the next one is placed beside it

    @property
    def kept(self) -> int:
        """How many pointers the memory of the first stream holds."""
        return self.pointers.counts[0]

    def state_dict(self) -> dict[str, Any]:
        """Tensors and numbers, for ``torch.save``."""
        nested = {name: dict(vars(value)) for name, value in vars(self).items() if isinstance(value, Container)}
        return vars(self) | nested

    @classmethod
    def of(cls, stored: dict[str, Any]) -> 'StreamState':
        """What :meth:`state_dict` returned."""
        sight = stored.get('sight')
        nested = {'pointers': Pointers(**stored['pointers']), 'sight': None if sight is None else Sight(**sight)}
        return cls(**stored | nested)
