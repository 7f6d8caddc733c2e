"""What networks for pictures know about a scene: lifted to its points, or asked about its objects."""

from uniseg3d.priors.procedural_expert import ProceduralExpert
from uniseg3d.priors.refiners import KnownSegments, SamRefiner
from uniseg3d.priors.room_pictures import RoomPictures

__all__ = ['KnownSegments', 'ProceduralExpert', 'RoomPictures', 'SamRefiner']
