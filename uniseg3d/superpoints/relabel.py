"""Any ids to the ids 0..M-1 that the rest of the package expects."""

import numpy as np

from uniseg3d.utils.errors import DataError

DENSE = 4  # a range of ids up to so many times their number is counted, not sorted


def relabel(ids: np.ndarray) -> np.ndarray:
    """Ids [N] of any integers (negative, with gaps) to 0..M-1 in increasing order of the old id: [N] int64."""
    ids = np.asarray(ids)
    if ids.ndim != 1 or ids.dtype.kind not in 'iu' or not ids.size:
        raise DataError(f'superpoint ids must be one integer per point, got {ids.dtype} of shape {ids.shape}')
    low, high = int(ids.min()), int(ids.max())
    if high - low > DENSE * len(ids) or high > np.iinfo(np.int64).max:
        return np.unique(ids, return_inverse=True)[1].astype(np.int64)
    places = ids.astype(np.int64) - low
    present = np.zeros(high - low + 1, bool)
    present[places] = True
    return (np.cumsum(present, dtype=np.int64) - 1)[places]
