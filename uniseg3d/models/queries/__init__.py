"""From features and prompts to queries."""

from uniseg3d.models.queries.correction import CorrectionClicks
from uniseg3d.models.queries.superpoints import SuperpointQueries
from uniseg3d.models.queries.unified import UnifiedQueries

__all__ = ['CorrectionClicks', 'SuperpointQueries', 'UnifiedQueries']
