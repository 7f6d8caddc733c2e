"""From a batch of scenes to features."""

from uniseg3d.models.encoders.superpoint_encoder import SuperpointEncoder

__all__ = ['SuperpointEncoder']
