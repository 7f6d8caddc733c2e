"""``--tta`` works with the shipped configs of the rooms."""

import copy
import shutil
from pathlib import Path

import pytest
import torch
from scene_files import write_dataset
from toy_system import ROOT

from uniseg3d.engine.config import load_config
from uniseg3d.engine.launch import run_test
from uniseg3d.engine.options import TestOptions
from uniseg3d.registry import DATASETS, MODELS

CONFIG = ROOT / 'configs' / 'semantic_baseline_rooms.py'


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    write_dataset(tmp_path, scenes=2)
    shutil.copy(tmp_path / 'infos.json', tmp_path / 'uniseg3d_infos_val.json')
    return tmp_path


def test_the_copies_of_the_rooms_are_flipped_and_turned(prepared):
    config = load_config(CONFIG, {'test_dataloader.dataset.data_root': str(prepared)})
    samples = []
    for pipeline in config.tta_pipelines:
        settings = copy.deepcopy(config.test_dataloader.dataset)
        settings.pipeline = pipeline
        samples.append(DATASETS.build(settings)[0])
    plain, flipped, turned = (sample.scene.xyz for sample in samples)
    assert torch.allclose(flipped, plain * torch.tensor([-1, -1, 1]), atol=1e-5)
    assert torch.allclose(turned, torch.stack([-plain[:, 1], plain[:, 0], plain[:, 2]], 1), atol=1e-5)
    assert all(torch.equal(sample.superpoints.ids, samples[0].superpoints.ids) for sample in samples)


def test_shipped_rooms_vote(prepared):
    torch.save(MODELS.build(load_config(CONFIG).model).state_dict(), prepared / 'weights.pth')
    loader = {'test_dataloader.dataset.data_root': str(prepared), 'test_dataloader.num_workers': 0}
    metrics = run_test(
        TestOptions(
            config=str(CONFIG),
            checkpoint=str(prepared / 'weights.pth'),
            work_dir=str(prepared / 'work'),
            overrides=loader,
            tta=True,
        )
    )
    assert 0 <= metrics['miou'] <= 1
