"""What a transform is: a callable from one sample dictionary to the next.

The keys and their shapes are listed in ``uniseg3d.transforms``; random numbers come only from ``sample['rng']``.
"""

from typing import Any, Protocol

SampleDict = dict[str, Any]


class Transform(Protocol):
    """Changes or adds entries of a sample and returns it."""

    def __call__(self, sample: SampleDict) -> SampleDict: ...
