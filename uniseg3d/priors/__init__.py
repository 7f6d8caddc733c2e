"""What networks for pictures know about a scene: lifted to its points, or asked about its objects."""

from uniseg3d.priors.clip_pixels import ClipPixels
from uniseg3d.priors.diffusion_pictures import DiffusionPictures
from uniseg3d.priors.dump_expert import DumpExpert
from uniseg3d.priors.panoptic_expert import BlipCaptions, PanopticExpert
from uniseg3d.priors.procedural_expert import ProceduralExpert
from uniseg3d.priors.refiners import KnownSegments, SamRefiner
from uniseg3d.priors.room_pictures import RoomPictures
from uniseg3d.priors.siglip_pixels import SiglipPixels

__all__ = [
    'BlipCaptions',
    'ClipPixels',
    'DiffusionPictures',
    'DumpExpert',
    'KnownSegments',
    'PanopticExpert',
    'ProceduralExpert',
    'RoomPictures',
    'SamRefiner',
    'SiglipPixels',
]
