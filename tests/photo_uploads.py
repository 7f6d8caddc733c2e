"""Photos as people send them."""

import io

import numpy as np
from PIL import Image


def photo(seed=0, kind='JPEG', size=(24, 32)):
    pixels = np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, kind)
    return content.getvalue()
