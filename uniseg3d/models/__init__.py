"""Networks: layers, encoders, queries, decoders, heads, criteria, and the systems composed of them."""

from uniseg3d.models.criteria import UniSeg3DCriterion
from uniseg3d.models.decoders import QueryDecoder
from uniseg3d.models.encoders import (
    ClipText,
    MinkUNet,
    Res16UNet34C,
    ScratchText,
    SparseUNet,
    SuperpointEncoder,
    SuperpointUNet,
)
from uniseg3d.models.heads import IoUHead, LinearClassHead, MaskHead, OpenClassHead
from uniseg3d.models.postprocess import UniSeg3DPostprocess
from uniseg3d.models.queries import UnifiedQueries
from uniseg3d.models.systems import SemanticBaseline, UniSeg3D

__all__ = [
    'ClipText',
    'IoUHead',
    'LinearClassHead',
    'MaskHead',
    'MinkUNet',
    'OpenClassHead',
    'QueryDecoder',
    'Res16UNet34C',
    'ScratchText',
    'SemanticBaseline',
    'SparseUNet',
    'SuperpointEncoder',
    'SuperpointUNet',
    'UniSeg3D',
    'UniSeg3DCriterion',
    'UniSeg3DPostprocess',
    'UnifiedQueries',
]
