"""What a user calls: typed in, typed out."""

from uniseg3d.apis.superpoints import SuperpointOptions, SuperpointResult, make_superpoints

__all__ = ['SuperpointOptions', 'SuperpointResult', 'make_superpoints']
