"""Coloured clouds for other viewers."""

from pathlib import Path

import numpy as np

from uniseg3d.io.glb import write_glb
from uniseg3d.io.ply import PlyMesh, write_ply
from uniseg3d.utils.errors import ConfigError

FORMATS = ('ply', 'glb')


def export_cloud(path: str | Path, xyz: np.ndarray, colors: np.ndarray) -> Path:
    """Write points [N, 3] in metres, z up, with colours [N, 3] uint8; the suffix, .ply or .glb, chooses the format."""
    path = Path(path)
    if path.suffix == '.ply':
        write_ply(path, PlyMesh(xyz, colors))
    elif path.suffix == '.glb':
        write_glb(path, xyz, colors)
    else:
        raise ConfigError(f'cannot export {path.name}: the suffix must be one of .{", .".join(FORMATS)}')
    return path
