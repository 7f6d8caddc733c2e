"""Thin mmengine metrics over the tasks, and over sequences of views."""

from uniseg3d.evaluation.metrics.depth import MonoDepthMetric, VideoDepthMetric
from uniseg3d.evaluation.metrics.det3d import Det3DMetric
from uniseg3d.evaluation.metrics.novel_views import NovelViewMetric
from uniseg3d.evaluation.metrics.photo_panoptic import PhotoPanopticMetric
from uniseg3d.evaluation.metrics.reconstruction import ReconstructionMetric
from uniseg3d.evaluation.metrics.relative_pose import RelativePoseMetric
from uniseg3d.evaluation.metrics.semantic import SemanticMetric
from uniseg3d.evaluation.metrics.unified import UnifiedMetric
from uniseg3d.evaluation.metrics.view_panoptic import ViewPanopticMetric
from uniseg3d.evaluation.metrics.zero_shot import ZeroShotMetric

__all__ = [
    'Det3DMetric',
    'MonoDepthMetric',
    'NovelViewMetric',
    'PhotoPanopticMetric',
    'ReconstructionMetric',
    'RelativePoseMetric',
    'SemanticMetric',
    'UnifiedMetric',
    'VideoDepthMetric',
    'ViewPanopticMetric',
    'ZeroShotMetric',
]
