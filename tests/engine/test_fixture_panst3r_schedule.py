"""Family ix of PanSt3R: the learning rate at any time of its training."""

import numpy as np
from panst3r_archives import archive

from uniseg3d.engine.schedules import warmup_cosine

PEAK, LEAST, WARMUP, END = 1e-4, 1e-6, 5, 200  # epochs


def test_learning_rates():
    epochs, expected = (archive('ix_data_and_schedule')[key] for key in ('in.schedule.epoch', 'out.schedule.lr'))
    np.testing.assert_allclose([warmup_cosine(epoch, PEAK, LEAST, WARMUP, END) for epoch in epochs], expected, rtol=1e-6)
