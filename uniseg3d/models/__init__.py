"""Networks: layers, encoders, and the systems composed of them."""

from uniseg3d.models.encoders import MinkUNet, Res16UNet34C, SparseUNet, SuperpointEncoder, SuperpointUNet
from uniseg3d.models.systems import SemanticBaseline

__all__ = ['MinkUNet', 'Res16UNet34C', 'SemanticBaseline', 'SparseUNet', 'SuperpointEncoder', 'SuperpointUNet']
