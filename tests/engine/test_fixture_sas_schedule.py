"""Learning rate at every step, against the published program."""

import numpy as np
import pytest
import torch
from fixture_paths import fixture_folder

from uniseg3d.engine.schedules import TenfoldPolyLR

pytestmark = pytest.mark.full_set


def test_learning_rates():
    case = np.load(fixture_folder('sas') / 'distillation.npz')
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))], lr=float(case['lr_base']))
    schedule = TenfoldPolyLR(optimizer, end=int(case['lr_max_iter']), power=float(case['lr_power']), by_epoch=False)
    rates = []
    for _ in case['lr_used_per_iteration']:
        rates.append(optimizer.param_groups[0]['lr'])
        optimizer.step()
        schedule.step()
    np.testing.assert_allclose(rates, case['lr_used_per_iteration'], rtol=1e-6)
