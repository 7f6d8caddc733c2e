"""The LZF compression of binary PCD files: runs of bytes, and references to bytes before them."""

import numpy as np
from numba import njit

BEST_RATIO = 264 / 3  # three bytes say at most 264


@njit(cache=True)
def lzf_decompress(data: np.ndarray, size: int) -> tuple[np.ndarray, bool]:
    """``size`` bytes out of ``data``, both uint8, and whether the stream made sense.

    A control byte below 32 announces as many bytes plus one; any other repeats earlier output: its upper three bits (7: and
    another byte) plus two are the length, its lower five and one more byte the distance, minus one.
    """
    result = np.zeros(size, np.uint8)
    read, written = 0, 0
    while read < len(data):
        control = np.int64(data[read])
        read += 1
        if control < 32:
            length = control + 1
            if read + length > len(data) or written + length > size:
                return result, False
            result[written : written + length] = data[read : read + length]
            read += length
            written += length
            continue
        length = control >> 5
        if length == 7 and read < len(data):
            length += np.int64(data[read])
            read += 1
        length += 2
        if read >= len(data):
            return result, False
        source = written - ((control & 31) << 8) - np.int64(data[read]) - 1
        read += 1
        if source < 0 or written + length > size:
            return result, False
        for step in range(length):  # byte by byte: the source may reach into what is being written
            result[written + step] = result[source + step]
        written += length
    return result, written == size
