"""Complete models, one file each."""

from uniseg3d.models.systems.semantic_baseline import SemanticBaseline

__all__ = ['SemanticBaseline']
