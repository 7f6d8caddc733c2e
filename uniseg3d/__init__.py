"""UniSeg3D: one codebase to segment and reconstruct 3D scenes from points or photos."""

from uniseg3d.utils.numba_cache import ensure_cache

__version__ = '0.1.0'

ensure_cache()  # before anything imports numba, which fails where it finds no place for compiled code
