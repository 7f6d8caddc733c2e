"""From the last output of a decoder to answers; nothing here looks at ground truth or at single points."""

from uniseg3d.models.postprocess.uniseg3d import UniSeg3DPostprocess

__all__ = ['UniSeg3DPostprocess']
