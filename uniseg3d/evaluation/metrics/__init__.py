"""Thin mmengine metrics over the tasks."""

from uniseg3d.evaluation.metrics.semantic import SemanticMetric
from uniseg3d.evaluation.metrics.unified import UnifiedMetric

__all__ = ['SemanticMetric', 'UnifiedMetric']
