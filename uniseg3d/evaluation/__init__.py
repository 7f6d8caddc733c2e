"""Measures: ``functional`` holds pure functions, ``metrics`` their mmengine side."""

from uniseg3d.evaluation.metrics import SemanticMetric

__all__ = ['SemanticMetric']
