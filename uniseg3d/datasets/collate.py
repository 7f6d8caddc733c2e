"""Samples to a batch."""

from collections.abc import Sequence

from uniseg3d.registry import FUNCTIONS
from uniseg3d.structures import Sample, SceneBatch


@FUNCTIONS.register_module()
def collate_scenes(samples: Sequence[Sample]) -> dict[str, SceneBatch]:
    """The keyword arguments of a model's ``forward``: scenes stay apart, nothing is padded."""
    return {'batch': SceneBatch(list(samples))}
