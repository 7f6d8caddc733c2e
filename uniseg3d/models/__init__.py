"""Networks: layers, encoders, and the systems composed of them."""

from uniseg3d.models.encoders import SuperpointEncoder
from uniseg3d.models.systems import SemanticBaseline

__all__ = ['SemanticBaseline', 'SuperpointEncoder']
