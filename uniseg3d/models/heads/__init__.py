"""What queries say: masks, classes, and how much to trust them."""

from uniseg3d.models.heads.iou import IoUHead
from uniseg3d.models.heads.linear_class import LinearClassHead
from uniseg3d.models.heads.mask import MaskHead
from uniseg3d.models.heads.naming import NamingHead
from uniseg3d.models.heads.open_class import OpenClassHead

__all__ = ['IoUHead', 'LinearClassHead', 'MaskHead', 'NamingHead', 'OpenClassHead']
