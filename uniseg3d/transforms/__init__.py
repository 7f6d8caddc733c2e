"""From the files of a scene to a packed sample; for views see ``views.py``. Each transform takes and returns one dictionary:

=====================  ====================================================  =============================
key                    value                                                 added by
=====================  ====================================================  =============================
scene_id, info, paths  name, ``SceneInfo``, files                            the data set
rng                    ``np.random.Generator`` of (seed, epoch, index)       the data set
xyz, color             [N, 3] float32, metres and 0..255                     LoadScene
lifted                 ``PointFeatures`` of points that a camera saw          LoadPointFeatures
rows, origin           kept rows [n] or None, [3] metres taken off           LoadScene
superpoints            [N] int64, 0..M-1                                     LoadScene
instance_ids           [N] int64, object id + 1, 0 = none; None = unknown    LoadScene
semantic               [N] int64, raw ids, then 0..C with C = void; or None  LoadScene, MapSemantic
novel_point_masks      [u, N] bool, pseudo masks where the file has points   LoadScene(novel=True)
novel_masks            [u, M] bool                                           LoadScene, SuperpointAnnotations
instance, panoptic     [N] int64                                             SuperpointAnnotations
object_ids, labels     [n] int64                                             SuperpointAnnotations
masks, semantic_masks  [n, M], [C + 1, M] bool                               SuperpointAnnotations
text_*                 sentences, kinds, tokens, labels, object_ids, masks   TextPrompts
click_points           [K] int64, point indices                              ClickPrompts
click_instance         [K] int64                                             ClickPrompts
voxel_coords           [N, 3], voxels                                        ElasticDistortion
=====================  ====================================================  =============================
"""

from uniseg3d.transforms.annotations import SuperpointAnnotations
from uniseg3d.transforms.click_prompts import ClickPrompts
from uniseg3d.transforms.color import ColorJitter, NormalizeColor
from uniseg3d.transforms.det3d import FromDet3D, ToDet3D
from uniseg3d.transforms.drop_superpoints import DropSuperpoints
from uniseg3d.transforms.elastic import ElasticDistortion
from uniseg3d.transforms.fit_views import FitViews
from uniseg3d.transforms.load_scene import LoadScene
from uniseg3d.transforms.map_semantic import MapSemantic
from uniseg3d.transforms.motion import AlignAxes, RandomFlip, RotateScaleTranslate
from uniseg3d.transforms.pack import PackScene
from uniseg3d.transforms.point_features import LoadPointFeatures, PackLiftedScene, TurnTiltScale
from uniseg3d.transforms.text_prompts import TextPrompts
from uniseg3d.transforms.views import CropViews, JitterViews, MirrorViews, PackViews

__all__ = [
    'AlignAxes',
    'ClickPrompts',
    'ColorJitter',
    'CropViews',
    'DropSuperpoints',
    'ElasticDistortion',
    'FitViews',
    'FromDet3D',
    'JitterViews',
    'LoadPointFeatures',
    'LoadScene',
    'MapSemantic',
    'MirrorViews',
    'NormalizeColor',
    'PackLiftedScene',
    'PackScene',
    'PackViews',
    'RandomFlip',
    'RotateScaleTranslate',
    'SuperpointAnnotations',
    'TextPrompts',
    'ToDet3D',
    'TurnTiltScale',
]
