"""Random numbers that do not depend on the number of workers or processes."""

import numpy as np


def sample_rng(seed: int, epoch: int, index: int) -> np.random.Generator:
    """Generator of one training sample, the same whichever worker or rank draws it."""
    return np.random.default_rng([seed, epoch, index])
