"""Typed hand-overs between the stages. Each checks its lengths when it is made and names the field that is wrong."""

from uniseg3d.structures.batch import Sample, SceneBatch
from uniseg3d.structures.gaussians import Gaussians
from uniseg3d.structures.mask_output import MaskOutput
from uniseg3d.structures.point_scene import PointScene
from uniseg3d.structures.prediction import MaskSet, PanopticMap, Prediction
from uniseg3d.structures.prompts import Clicks, Prompts, Texts
from uniseg3d.structures.query_set import QuerySet
from uniseg3d.structures.superpoints import Superpoints
from uniseg3d.structures.targets import Targets
from uniseg3d.structures.view_set import ViewSet

__all__ = [
    'Clicks',
    'Gaussians',
    'MaskOutput',
    'MaskSet',
    'PanopticMap',
    'PointScene',
    'Prediction',
    'Prompts',
    'QuerySet',
    'Sample',
    'SceneBatch',
    'Superpoints',
    'Targets',
    'Texts',
    'ViewSet',
]
