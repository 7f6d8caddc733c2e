"""What models are trained with: costs, matching and losses."""

from uniseg3d.models.criteria.pointmap import PointmapCriterion
from uniseg3d.models.criteria.uniseg3d_criterion import UniSeg3DCriterion

__all__ = ['PointmapCriterion', 'UniSeg3DCriterion']
