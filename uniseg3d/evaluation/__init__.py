"""Measures: ``functional`` holds pure functions, ``tasks`` what scenes are measured for, ``metrics`` their mmengine side."""

from uniseg3d.evaluation.metrics import (
    MonoDepthMetric,
    ReconstructionMetric,
    RelativePoseMetric,
    SemanticMetric,
    UnifiedMetric,
    VideoDepthMetric,
)

__all__ = [
    'MonoDepthMetric',
    'ReconstructionMetric',
    'RelativePoseMetric',
    'SemanticMetric',
    'UnifiedMetric',
    'VideoDepthMetric',
]
