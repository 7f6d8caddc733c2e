"""Samples to a batch."""

from collections.abc import Sequence

from uniseg3d.registry import FUNCTIONS
from uniseg3d.structures import Sample, SceneBatch
from uniseg3d.structures.view_batch import ViewBatch


@FUNCTIONS.register_module()
def collate_scenes(samples: Sequence[Sample]) -> dict[str, SceneBatch]:
    """The keyword arguments of a model's ``forward``: scenes stay apart, nothing is padded."""
    return {'batch': SceneBatch(list(samples))}


@FUNCTIONS.register_module()
def collate_views(samples: Sequence[ViewBatch]) -> dict[str, ViewBatch]:
    """The keyword arguments of a model's ``forward``: sequences of one length and size become one batch."""
    return {'batch': ViewBatch.cat(samples)}
