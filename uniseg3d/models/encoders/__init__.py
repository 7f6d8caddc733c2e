"""From a batch of scenes to features."""

from uniseg3d.models.encoders.camera_vit import CameraViT
from uniseg3d.models.encoders.class_text import ClassText
from uniseg3d.models.encoders.clip_text import ClipText
from uniseg3d.models.encoders.conv_adapter import ConvAdapter
from uniseg3d.models.encoders.dinov2 import DINOv2
from uniseg3d.models.encoders.hashed_words import HashedWords
from uniseg3d.models.encoders.minkunet import MinkUNet, Res16UNet34C
from uniseg3d.models.encoders.scratch_text import ScratchText
from uniseg3d.models.encoders.siglip_text import SiglipText
from uniseg3d.models.encoders.sparse_unet import SparseUNet
from uniseg3d.models.encoders.superpoint_encoder import SuperpointEncoder
from uniseg3d.models.encoders.superpoint_features import SuperpointFeatures
from uniseg3d.models.encoders.superpoint_unet import SuperpointUNet
from uniseg3d.models.encoders.vit import ViTEncoder
from uniseg3d.models.encoders.vit_adapter import ViTAdapter

__all__ = [
    'CameraViT',
    'ClassText',
    'ClipText',
    'ConvAdapter',
    'DINOv2',
    'HashedWords',
    'MinkUNet',
    'Res16UNet34C',
    'ScratchText',
    'SiglipText',
    'SparseUNet',
    'SuperpointEncoder',
    'SuperpointFeatures',
    'SuperpointUNet',
    'ViTAdapter',
    'ViTEncoder',
]
