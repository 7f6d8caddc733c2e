"""The start of a self-distillation."""

from types import SimpleNamespace

import torch
from lifted_scenes import lifted_sample, system
from mmengine.config import ConfigDict
from torch.utils.data import Dataset

from uniseg3d.engine.hooks import HistoryHook
from uniseg3d.registry import DATASETS


@DATASETS.register_module(force=True)
class TwoLiftedScenes(Dataset):
    """Two scenes in memory."""

    def __init__(self, pipeline=(), test_mode=False, repeat=1):
        self.asked = (list(pipeline), test_mode, repeat)

    def __len__(self):
        return 2

    def __getitem__(self, index):
        return lifted_sample('ab'[index], seed=index)


def runner(model):
    return SimpleNamespace(
        model=model, cfg=ConfigDict(train_dataloader={'dataset': {'type': 'TwoLiftedScenes', 'pipeline': ['x'], 'repeat': 5}})
    )


def test_every_scene_gets_a_history_and_keeps_it(tmp_path):
    model = system(stage=2, history={'folder': str(tmp_path)}).train()
    HistoryHook(pipeline=[]).before_train(runner(model))
    assert sorted(path.stem for path in tmp_path.iterdir()) == ['a', 'b'] and model.training
    before = (tmp_path / 'a.safetensors').read_bytes()
    with torch.no_grad():
        model.network.head.weight.add_(1)
    HistoryHook(pipeline=[]).before_train(runner(model))
    assert (tmp_path / 'a.safetensors').read_bytes() == before
