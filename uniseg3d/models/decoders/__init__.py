"""From features and queries to answers."""

from uniseg3d.models.decoders.conv_pixel_decoder import ConvPixelDecoder
from uniseg3d.models.decoders.memory import MemoryDecoder
from uniseg3d.models.decoders.pairwise import PairwiseDecoder
from uniseg3d.models.decoders.panoptic import PanopticDecoder
from uniseg3d.models.decoders.pixel_decoder import PixelDecoder
from uniseg3d.models.decoders.pointer_encoder import PointerEncoder
from uniseg3d.models.decoders.pointer_memory import AppendingMemory, MergingMemory
from uniseg3d.models.decoders.pose_memory import PoseMemory
from uniseg3d.models.decoders.query_decoder import QueryDecoder
from uniseg3d.models.decoders.text_matcher import TextMatcher
from uniseg3d.models.decoders.two_stream import TwoStreamDecoder
from uniseg3d.models.decoders.video_mask_decoder import VideoMaskDecoder

__all__ = [
    'AppendingMemory',
    'ConvPixelDecoder',
    'MemoryDecoder',
    'MergingMemory',
    'PairwiseDecoder',
    'PanopticDecoder',
    'PixelDecoder',
    'PointerEncoder',
    'PoseMemory',
    'QueryDecoder',
    'TextMatcher',
    'TwoStreamDecoder',
    'VideoMaskDecoder',
]
