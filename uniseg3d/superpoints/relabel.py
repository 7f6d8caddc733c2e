"""Any ids to the ids 0..M-1 that the rest of the package expects."""

import numpy as np

from uniseg3d.utils.errors import DataError


def relabel(ids: np.ndarray) -> np.ndarray:
    """Ids [N] of any integers (negative, with gaps) to 0..M-1 in increasing order of the old id: [N] int64."""
    ids = np.asarray(ids)
    if ids.ndim != 1 or ids.dtype.kind not in 'iu' or not ids.size:
        raise DataError(f'superpoint ids must be one integer per point, got {ids.dtype} of shape {ids.shape}')
    return np.unique(ids, return_inverse=True)[1].astype(np.int64)
