"""Pure functions on coordinates: rotations, voxels."""
