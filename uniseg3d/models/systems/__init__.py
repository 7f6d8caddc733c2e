"""Whole systems, each a short composition of the parts in the other folders."""

from uniseg3d.models.systems.dust3r import DUSt3R
from uniseg3d.models.systems.must3r import MUSt3R
from uniseg3d.models.systems.panst3r import PanSt3R
from uniseg3d.models.systems.panst3r_linked import LinkedPanSt3R
from uniseg3d.models.systems.point3r import Point3R
from uniseg3d.models.systems.sas import SAS
from uniseg3d.models.systems.semantic_baseline import SemanticBaseline
from uniseg3d.models.systems.siu3r import SIU3R
from uniseg3d.models.systems.siu3r_head import SIU3RHead
from uniseg3d.models.systems.uniseg3d import UniSeg3D

__all__ = [
    'SAS',
    'SIU3R',
    'DUSt3R',
    'LinkedPanSt3R',
    'MUSt3R',
    'PanSt3R',
    'Point3R',
    'SIU3RHead',
    'SemanticBaseline',
    'UniSeg3D',
]
