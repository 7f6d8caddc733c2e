"""Groups of points that belong together: from meshes, from raw clouds, and the numbering that everything else expects."""

from uniseg3d.superpoints.cloud_superpoints import CloudSuperpointOptions, cloud_superpoints
from uniseg3d.superpoints.mesh_superpoints import mesh_superpoints
from uniseg3d.superpoints.relabel import relabel

__all__ = ['CloudSuperpointOptions', 'cloud_superpoints', 'mesh_superpoints', 'relabel']
