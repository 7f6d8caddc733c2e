"""UniSeg3D: one codebase to segment and reconstruct 3D scenes from points or photos."""

__version__ = '0.1.0'
