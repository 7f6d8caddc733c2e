"""Measures: ``functional`` holds pure functions, ``tasks`` what scenes are measured for, ``metrics`` their mmengine side."""

from uniseg3d.evaluation.metrics import (
    Det3DMetric,
    MonoDepthMetric,
    ReconstructionMetric,
    RelativePoseMetric,
    SemanticMetric,
    UnifiedMetric,
    VideoDepthMetric,
    ZeroShotMetric,
)

__all__ = [
    'Det3DMetric',
    'MonoDepthMetric',
    'ReconstructionMetric',
    'RelativePoseMetric',
    'SemanticMetric',
    'UnifiedMetric',
    'VideoDepthMetric',
    'ZeroShotMetric',
]
