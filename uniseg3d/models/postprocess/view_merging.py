"""The ways to merge masks of many views, by the names that users choose them by."""

from collections.abc import Callable

from uniseg3d.models.postprocess.qubo_merge import QuboMerge
from uniseg3d.models.postprocess.standard_merge import StandardMerge
from uniseg3d.models.postprocess.view_masks import ViewMasks
from uniseg3d.structures.panoptic_views import PanopticViews
from uniseg3d.utils.errors import ConfigError

Merge = Callable[[ViewMasks], PanopticViews]

MERGES: dict[str, Merge] = {
    'standard_v2': StandardMerge(),
    'standard_v1': StandardMerge(passes=1, mask_threshold=0.5, least_share=0.8),
    'qubo': QuboMerge(),
}


def view_merge(name: str) -> Merge:
    """The way called ``name``."""
    if name not in MERGES:
        raise ConfigError(f'masks cannot be merged by {name!r}; expected one of {", ".join(MERGES)}')
    return MERGES[name]
