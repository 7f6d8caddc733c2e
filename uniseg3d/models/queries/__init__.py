"""From features and prompts to queries."""

from uniseg3d.models.queries.unified import UnifiedQueries

__all__ = ['UnifiedQueries']
