"""What naming asks of a network that knows both pictures and words."""

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor


class ImageTextExpert(Protocol):
    """Pictures and texts as directions of one space; the better a text fits a picture, the smaller the angle."""

    @property
    def crop_size(self) -> int:
        """Pixels along each side of a crop."""
        ...

    @property
    def scales(self) -> Sequence[float]:
        """How much wider than its object each crop of it is."""
        ...

    @property
    def fade(self) -> float:
        """Share of grey in what surrounds an object; 0 = the photo as it is."""
        ...

    @property
    def temperature(self) -> float:
        """Of the softmax over texts."""
        ...

    @property
    def templates(self) -> tuple[str, ...]:
        """Sentences around a name."""
        ...

    @property
    def vocabulary(self) -> Sequence[str]:
        """Names that it can tell apart."""
        ...

    def encode_images(self, crops: Tensor) -> Tensor:
        """Colours 0..1 and the object's own pixels [n, 4, crop_size, crop_size] to directions [n, D] of length one."""
        ...

    def encode_texts(self, tokens: Tensor) -> Tensor:
        """Token rows [T, 77] to features [T, D]."""
        ...
