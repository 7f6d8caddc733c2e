"""Family x: the learning rates of the four published trainings."""

from pathlib import Path

import numpy as np
import pytest
import torch
from fixture_paths import fixture_folder

from uniseg3d.engine.config import load_config
from uniseg3d.engine.schedules import WarmupCosineLR, warmup_cosine

CONFIGS = {
    'stage1': 'configs/point3r_224_stage1.py',
    'stage2': 'configs/point3r_512_stage2.py',
    'stage3': 'configs/point3r_long_stage3.py',
    'finetune': 'configs/point3r_finetune.py',
}


@pytest.mark.parametrize('stage', CONFIGS)
def test_learning_rates(stage: str) -> None:
    config = load_config(Path(__file__).parents[2] / CONFIGS[stage])
    schedule, peak = config.param_scheduler, config.optim_wrapper.optimizer.lr
    with np.load(fixture_folder('point3r') / 'x_sampling_schedule.npz') as archive:
        epochs, expected = archive[f'lr/{stage}/epoch'], archive[f'lr/{stage}/lr']
    end = config.train_cfg.max_epochs
    found = [warmup_cosine(epoch, peak, schedule.eta_min, schedule.warmup, end) for epoch in epochs]
    assert np.allclose(found, expected, rtol=1e-6)


def test_every_iteration_has_its_own_rate() -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=2.0)
    schedule = WarmupCosineLR.build_iter_from_epoch(optimizer, warmup=0.5, eta_min=0.1, end=3, epoch_length=10)
    rates = []
    for _ in range(30):
        rates.append(optimizer.param_groups[0]['lr'])
        optimizer.step()
        schedule.step()
    assert np.allclose(rates[:6], np.linspace(0, 2, 6))
    assert rates[5:] == pytest.approx([warmup_cosine(step / 10, 2.0, 0.1, 0.5, 3) for step in range(5, 30)])
    assert warmup_cosine(3, 2.0, 0.1, 0.5, 3) == 0.1
