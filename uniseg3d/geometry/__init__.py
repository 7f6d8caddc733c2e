"""Pure functions on coordinates: cameras and their motions, depth and points, photos cut to size, voxels."""
