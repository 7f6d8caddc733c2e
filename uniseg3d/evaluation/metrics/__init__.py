"""Thin mmengine metrics over the pure functions."""

from uniseg3d.evaluation.metrics.semantic import SemanticMetric

__all__ = ['SemanticMetric']
