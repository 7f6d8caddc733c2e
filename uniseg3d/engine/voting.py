"""Test-time augmentation: several views of a scene, one vote per superpoint."""

import copy
from collections.abc import Sequence
from typing import Any

import torch
from mmengine.runner import TestLoop

from uniseg3d.registry import LOOPS
from uniseg3d.structures import Prediction
from uniseg3d.utils.errors import ConfigError


def vote(copies: Sequence[Prediction]) -> Prediction:
    """The class most copies gave each superpoint; the first copy decides ties."""
    if any(copy.semantic is None for copy in copies):
        raise ConfigError('--tta votes on semantic predictions, and this model gives none; leave it out')
    labels = torch.stack([copy.semantic for copy in copies if copy.semantic is not None])  # [copies, M]
    votes = (labels[:, None] == labels[None]).sum(0)  # [copies, M], how many agree with each copy
    winner = votes.argmax(0, keepdim=True)  # argmax takes the first of equals
    return Prediction(copies[0].scene_id, copies[0].superpoints, semantic=labels.gather(0, winner)[0])


@LOOPS.register_module()
class VotingTestLoop(TestLoop):
    """mmengine's test loop over several pipelines at once; metrics see the samples of the first and the votes of all.

    The pipelines must keep points and superpoints in place: rotate, scale, flip and recolour, but do not drop.
    """

    def __init__(self, runner: Any, dataloader: Any, evaluator: Any, pipelines: Sequence[Any]) -> None:
        super().__init__(runner, self._with(dataloader, pipelines[0]), evaluator)
        self.others = [runner.build_dataloader(self._with(dataloader, pipeline)) for pipeline in pipelines[1:]]

    @staticmethod
    def _with(dataloader: Any, pipeline: Any) -> Any:
        config = copy.deepcopy(dataloader)
        config['dataset']['pipeline'] = pipeline
        return config

    def run(self) -> dict[str, float]:
        """Metrics of the votes."""
        self.runner.call_hook('before_test')
        self.runner.call_hook('before_test_epoch')
        self.runner.model.eval()
        for index, batches in enumerate(zip(self.dataloader, *self.others, strict=True)):
            self._run_copies(index, batches)
        metrics = self.evaluator.evaluate(len(self.dataloader.dataset))
        self.runner.call_hook('after_test_epoch', metrics=metrics)
        self.runner.call_hook('after_test')
        return metrics

    @torch.no_grad()
    def _run_copies(self, index: int, batches: Sequence[Any]) -> None:
        self.runner.call_hook('before_test_iter', batch_idx=index, data_batch=batches[0])
        copies = [self.runner.model.test_step(batch) for batch in batches]
        outputs = [vote(scene) for scene in zip(*copies, strict=True)]
        self.evaluator.process(data_samples=outputs, data_batch=batches[0])
        self.runner.call_hook('after_test_iter', batch_idx=index, data_batch=batches[0], outputs=outputs)
