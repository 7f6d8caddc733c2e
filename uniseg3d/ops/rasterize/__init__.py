"""Images of 3D gaussians."""

from uniseg3d.ops.rasterize.harmonics import harmonics_basis, harmonics_degree, seen_colors
from uniseg3d.ops.rasterize.rasterize import Cameras, Rendering, rasterize
from uniseg3d.ops.rasterize.rules import STANDARD, SYMMETRIC, Rules

__all__ = [
    'STANDARD',
    'SYMMETRIC',
    'Cameras',
    'Rendering',
    'Rules',
    'harmonics_basis',
    'harmonics_degree',
    'rasterize',
    'seen_colors',
]
