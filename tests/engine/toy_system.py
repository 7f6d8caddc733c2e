"""A data set and a model that are tiny and otherwise as real ones are: structures, per-sample random numbers, dropout."""

import json
import os
import textwrap
import time
from pathlib import Path

import torch
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from torch import nn
from torch.utils.data import Dataset

from uniseg3d.engine.launch import run_training
from uniseg3d.engine.options import TrainOptions
from uniseg3d.models.layers.preprocessor import ScenePreprocessor
from uniseg3d.registry import DATASETS, HOOKS, MODELS
from uniseg3d.structures import PointScene, Prediction, Sample, Superpoints, Targets
from uniseg3d.utils.seeding import sample_rng

ROOT = Path(__file__).parents[2]
POINTS, CLASSES = 12, 3


@DATASETS.register_module()
class ToyScenes(Dataset):
    """Random clouds whose class is the sign of one coordinate."""

    def __init__(self, count: int = 10, seed: int = 0, poison=None, fail=None, pipeline=(1.0,), delay=0.0):
        self.count, self.seed, self.poison, self.fail, self.delay = count, seed, poison, fail, delay
        self.pipeline = pipeline  # factors, applied in turn
        self._epoch = torch.zeros(1, dtype=torch.int64).share_memory_()

    metainfo = {'classes': ('below', 'above')}  # noqa: RUF012

    @property
    def scene_ids(self) -> list[str]:
        return [f'toy{i:02d}' for i in range(self.count)]

    def set_epoch(self, epoch: int) -> None:
        self._epoch.fill_(epoch)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Sample:
        if index == self.fail:
            raise RuntimeError(f'sample {index} cannot be read')
        time.sleep(self.delay)
        rng = sample_rng(self.seed, int(self._epoch), index)
        xyz = torch.from_numpy(rng.standard_normal((POINTS, 3))).float()
        targets = toy_targets(xyz)
        for factor in self.pipeline:
            xyz = xyz * factor
        features = xyz.clone()
        if index == self.poison:
            features[0] = torch.nan
        return Sample(PointScene(f'toy{index:02d}', xyz, features), Superpoints.of_points(POINTS), targets=targets)


def toy_targets(xyz: torch.Tensor) -> Targets:
    """Semantic labels only; everything else is empty."""
    semantic = (xyz[:, 2] > 0).long()
    none = torch.zeros(0, dtype=torch.long)
    masks = torch.zeros(0, POINTS, dtype=torch.bool)
    return Targets(
        semantic=semantic,
        instance=torch.full((POINTS,), -1),
        panoptic=semantic,
        labels=none,
        object_ids=none,
        masks=masks,
        novel_masks=masks,
        semantic_masks=torch.stack([semantic == label for label in range(CLASSES)]),
        click_instance=none,
        text_masks=masks,
        text_labels=none,
        text_object_ids=none,
    )


@MODELS.register_module()
class ToyModel(BaseModel):
    """Two layers with dropout; writes every loss to the file that the environment names, to compare runs bit by bit."""

    def __init__(self, width: int = 8, dropout: float = 0.2, watch_dtype: bool = False, eval_norm: bool = False):
        super().__init__(data_preprocessor=ScenePreprocessor())
        self.eval_norm = eval_norm
        self.seen = set() if watch_dtype else None
        self.layers = nn.Sequential(nn.Linear(3, width), nn.BatchNorm1d(width), nn.Dropout(dropout), nn.Linear(width, CLASSES))

    def train(self, mode: bool = True):
        super().train(mode)
        if self.eval_norm:
            self.layers[1].eval()
        return self

    def forward(self, batch, mode='tensor'):
        logits = [self.layers(sample.scene.features) for sample in batch]
        if self.seen is not None and self.training:
            self.seen.add(logits[0].dtype)
        if mode == 'loss':
            pairs = zip(logits, batch, strict=True)
            return {'loss_toy': torch.stack([nn.functional.cross_entropy(x, s.targets.semantic) for x, s in pairs]).mean()}
        return [Prediction(s.scene.scene_id, s.superpoints, x.argmax(1)) for x, s in zip(logits, batch, strict=True)]

    def train_step(self, data, optim_wrapper):
        losses = super().train_step(data, optim_wrapper)
        if 'TOY_TRACE' in os.environ:
            with open(os.environ['TOY_TRACE'], 'a') as file:
                file.write(json.dumps([data['batch'].scene_ids, float(losses['loss']).hex()]) + '\n')
        return losses


def toy_config(folder: Path, changes: str = '', schedule: str = 'adamw_cosine', name: str = 'toy') -> Path:
    """A config file over the real base files; ``changes`` is config text that is merged over the rest."""
    base, path = folder / f'{name}_base.py', folder / f'{name}.py'
    path.write_text(f"_base_ = './{base.name}'\n{textwrap.dedent(changes)}")
    base.write_text(
        textwrap.dedent(f"""
        _base_ = ['{ROOT}/configs/_base_/runtime/default.py', '{ROOT}/configs/_base_/schedules/{schedule}.py']
        custom_imports = dict(imports=['toy_system'])
        work_dir = '{folder}/work'
        model = dict(type='ToyModel')
        train_dataloader = dict(
            batch_size=2, num_workers=0, sampler=dict(type='EpochSampler', shuffle=True),
            collate_fn=dict(type='uniseg3d.collate_scenes'), dataset=dict(type='ToyScenes', count=10))
        val_dataloader = dict(
            batch_size=1, num_workers=0, sampler=dict(type='EpochSampler', shuffle=False),
            collate_fn=dict(type='uniseg3d.collate_scenes'), dataset=dict(type='ToyScenes', count=5, seed=7))
        test_dataloader = val_dataloader
        val_evaluator = dict(type='SemanticMetric', classes='scannet20')
        test_evaluator = val_evaluator
        """)
    )
    return path


@HOOKS.register_module()
class StopAfter(Hook):
    """Ends the run like an interruption from the keyboard, after everything else of the step has happened."""

    priority = 'LOWEST'

    def __init__(self, iteration: int) -> None:
        self.iteration = iteration

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None) -> None:
        if runner.iter + 1 == self.iteration:
            raise KeyboardInterrupt


def train_toy(config: Path, trace: Path, **options) -> list:
    """Train in this process; returns [scene ids, loss] of every step. An interruption ends it early."""
    os.environ['TOY_TRACE'] = str(trace)
    trace.unlink(missing_ok=True)
    try:
        run_training(TrainOptions(config=str(config), **options))
    except KeyboardInterrupt:
        pass
    finally:
        del os.environ['TOY_TRACE']
    return [json.loads(line) for line in trace.read_text().splitlines()] if trace.exists() else []
