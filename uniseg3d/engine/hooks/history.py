"""The start of a self-distillation: every scene's running average, made by the network that training begins with."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from mmengine.dist import barrier, get_rank, get_world_size
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner

from uniseg3d.registry import DATASETS, HOOKS
from uniseg3d.structures import SceneBatch
from uniseg3d.utils.progress import track


@HOOKS.register_module()
class HistoryHook(Hook):
    """Calls ``start_history`` of the model for all training scenes, shared among processes; those that have one keep it.

    ``pipeline``: how scenes are read for that, without anything random.
    """

    def __init__(self, pipeline: Sequence[Mapping[str, Any]]) -> None:
        self.pipeline = list(pipeline)

    def before_train(self, runner: Runner) -> None:
        """After the weights were loaded, before the first step."""
        config = dict(runner.cfg.train_dataloader.dataset)
        dataset = DATASETS.build({**config, 'pipeline': self.pipeline, 'test_mode': True, 'repeat': 1})
        model: Any = runner.model.module if is_model_wrapper(runner.model) else runner.model
        device = next(model.parameters()).device
        was_training = model.training
        model.eval()
        with torch.no_grad():
            for index in track(range(get_rank(), len(dataset), get_world_size()), 'starting histories'):
                model.start_history(SceneBatch([dataset[index]]).to(device))
        model.train(was_training)
        barrier()
