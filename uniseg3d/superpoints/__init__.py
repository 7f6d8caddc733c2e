"""Groups of points that belong together: from meshes, and the numbering that everything else expects."""

from uniseg3d.superpoints.mesh_superpoints import mesh_superpoints
from uniseg3d.superpoints.relabel import relabel

__all__ = ['mesh_superpoints', 'relabel']
