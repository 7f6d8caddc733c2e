"""Groups of points that belong together: from meshes, from raw clouds, and the numbering that everything else expects."""

from uniseg3d.superpoints.cloud_superpoints import CloudSuperpointOptions, cloud_superpoints
from uniseg3d.superpoints.cloud_supervoxels import SupervoxelOptions, cloud_supervoxels
from uniseg3d.superpoints.mesh_superpoints import mesh_superpoints
from uniseg3d.superpoints.relabel import relabel

__all__ = [
    'CloudSuperpointOptions',
    'SupervoxelOptions',
    'cloud_superpoints',
    'cloud_supervoxels',
    'mesh_superpoints',
    'relabel',
]
