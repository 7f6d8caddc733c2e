"""Networks: layers, encoders, queries, decoders, heads, criteria, and the systems composed of them."""

from uniseg3d.models.criteria import UniSeg3DCriterion
from uniseg3d.models.decoders import MemoryDecoder, PairwiseDecoder, QueryDecoder
from uniseg3d.models.encoders import (
    ClipText,
    HashedWords,
    MinkUNet,
    Res16UNet34C,
    ScratchText,
    SparseUNet,
    SuperpointEncoder,
    SuperpointUNet,
    ViTEncoder,
)
from uniseg3d.models.heads import (
    DPT,
    DescriptorHead,
    DPTPointmapHead,
    IoUHead,
    LinearClassHead,
    LinearPointmapHead,
    MaskHead,
    OpenClassHead,
    TwoFrameHead,
)
from uniseg3d.models.layers.conv_patch_embed import ConvPatchEmbed
from uniseg3d.models.layers.patch_embed import ManyAspectPatchEmbed, PatchEmbed
from uniseg3d.models.postprocess import UniSeg3DPostprocess
from uniseg3d.models.queries import UnifiedQueries
from uniseg3d.models.systems import SAS, SIU3R, DUSt3R, MUSt3R, PanSt3R, Point3R, SemanticBaseline, UniSeg3D

__all__ = [
    'DPT',
    'SAS',
    'SIU3R',
    'ClipText',
    'ConvPatchEmbed',
    'DPTPointmapHead',
    'DUSt3R',
    'DescriptorHead',
    'HashedWords',
    'IoUHead',
    'LinearClassHead',
    'LinearPointmapHead',
    'MUSt3R',
    'ManyAspectPatchEmbed',
    'MaskHead',
    'MemoryDecoder',
    'MinkUNet',
    'OpenClassHead',
    'PairwiseDecoder',
    'PanSt3R',
    'PatchEmbed',
    'Point3R',
    'QueryDecoder',
    'Res16UNet34C',
    'ScratchText',
    'SemanticBaseline',
    'SparseUNet',
    'SuperpointEncoder',
    'SuperpointUNet',
    'TwoFrameHead',
    'UniSeg3D',
    'UniSeg3DCriterion',
    'UniSeg3DPostprocess',
    'UnifiedQueries',
    'ViTEncoder',
]
