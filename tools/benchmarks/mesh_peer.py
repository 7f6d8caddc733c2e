"""The literal C++ mesh segmentation of ``tools/peers``, where a compiler is there."""

import ctypes
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

from uniseg3d.superpoints import relabel

SOURCE = Path(__file__).parents[1] / 'peers' / 'mesh_segmentation.cpp'
FLAGS = ('-O3', '-ffp-contract=off', '-shared', '-fPIC')  # fused operations would round otherwise than the definition


@cache
def _library() -> ctypes.CDLL | None:
    compiler = next(filter(None, map(shutil.which, ('c++', 'g++', 'clang++'))), None)
    if compiler is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / 'mesh_segmentation.so'
        subprocess.run([compiler, *FLAGS, '-o', str(target), str(SOURCE)], check=True)
        return ctypes.CDLL(str(target))


def mesh_peer_ready() -> bool:
    """Whether the port can be compiled here."""
    return _library() is not None


def segment_mesh(vertices: np.ndarray, faces: np.ndarray, k_threshold: float = 0.01, min_vertices: int = 20) -> np.ndarray:
    """Ids 0..M-1 of vertices [N, 3] float32 with faces [F, 3] int64: [N] int64."""
    roots = np.empty(len(vertices), np.int64)
    library = _library()
    assert library is not None
    vertices, faces = np.ascontiguousarray(vertices, np.float32), np.ascontiguousarray(faces, np.int64)
    pointers = (array.ctypes.data_as(ctypes.c_void_p) for array in (vertices, faces, roots))
    first, second, third = pointers
    threshold = ctypes.c_float(k_threshold)
    library.mesh_segmentation(first, len(vertices), second, len(faces), threshold, min_vertices, third)
    return relabel(roots)
