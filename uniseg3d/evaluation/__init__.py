"""Measures: ``functional`` holds pure functions, ``tasks`` what scenes are measured for, ``metrics`` their mmengine side."""

from uniseg3d.evaluation.metrics import SemanticMetric, UnifiedMetric

__all__ = ['SemanticMetric', 'UnifiedMetric']
