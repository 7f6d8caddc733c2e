"""What queries say (masks, classes, and how much to trust them), and what pixels say (points)."""

from uniseg3d.models.heads.descriptor import DescriptorHead
from uniseg3d.models.heads.dpt import DPT, DPTTrunk
from uniseg3d.models.heads.gaussian import CentreHead, GaussianAdapter, GaussianHead
from uniseg3d.models.heads.iou import IoUHead
from uniseg3d.models.heads.linear_class import LinearClassHead
from uniseg3d.models.heads.mask import MaskHead
from uniseg3d.models.heads.matched_pose import MatchedPose
from uniseg3d.models.heads.naming import NamingHead
from uniseg3d.models.heads.open_class import OpenClassHead
from uniseg3d.models.heads.patch_trunk import PatchTrunk
from uniseg3d.models.heads.placed import PlacedHead
from uniseg3d.models.heads.point3r import PatchPointmapHead, StreamHead
from uniseg3d.models.heads.pointmap import DPTPointmapHead, LinearPointmapHead
from uniseg3d.models.heads.query_class import QueryClassHead
from uniseg3d.models.heads.ray_centres import RayCentreHead
from uniseg3d.models.heads.rays import RayPointmapHead
from uniseg3d.models.heads.text_class import TextClassHead
from uniseg3d.models.heads.two_frames import TwoFrameHead

__all__ = [
    'DPT',
    'CentreHead',
    'DPTPointmapHead',
    'DPTTrunk',
    'DescriptorHead',
    'GaussianAdapter',
    'GaussianHead',
    'IoUHead',
    'LinearClassHead',
    'LinearPointmapHead',
    'MaskHead',
    'MatchedPose',
    'NamingHead',
    'OpenClassHead',
    'PatchPointmapHead',
    'PatchTrunk',
    'PlacedHead',
    'QueryClassHead',
    'RayCentreHead',
    'RayPointmapHead',
    'StreamHead',
    'TextClassHead',
    'TwoFrameHead',
]
