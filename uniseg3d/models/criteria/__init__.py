"""What models are trained with: costs, matching and losses."""

from uniseg3d.models.criteria.gaussian_views import GaussianViewsCriterion
from uniseg3d.models.criteria.patch_matching import PatchMatching
from uniseg3d.models.criteria.pointmap import PointmapCriterion
from uniseg3d.models.criteria.uniseg3d_criterion import UniSeg3DCriterion
from uniseg3d.models.criteria.view_panoptic import ViewPanopticCriterion

__all__ = ['GaussianViewsCriterion', 'PatchMatching', 'PointmapCriterion', 'UniSeg3DCriterion', 'ViewPanopticCriterion']
