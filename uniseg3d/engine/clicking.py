"""Tests with a simulated user, who corrects the mask of every clicked object by more clicks."""

from dataclasses import replace
from typing import Any

import torch
from mmengine.model import is_model_wrapper
from mmengine.runner import TestLoop, autocast
from torch import Tensor

from uniseg3d.models.queries.correction import SimulatedUser, alone
from uniseg3d.registry import LOOPS
from uniseg3d.structures import Prediction, Sample
from uniseg3d.utils.errors import ConfigError


def play_rounds(model: Any, scene: Any, sample: Sample, first: Tensor, rounds: int) -> Tensor:
    """Masks [rounds, K, M] bool of the K click prompts of ``sample`` after one more click each time.

    ``scene`` is what the model made of the sample's scene, ``first`` [K, M] bool its masks for the clicks as they are. The
    user sees the truth, the model only his clicks.
    """
    user, clicks, masks = SimulatedUser(sample), sample.prompts.clicks, [first]
    while len(masks) < rounds:
        before, clicks = clicks, user.correct(clicks, masks[-1])
        if len(clicks.point) == len(before.point):  # everybody is content, and would be in every later round
            masks += [masks[-1]] * (rounds - len(masks))
        else:
            masks.append(model.answer(scene, alone(clicks)).clicks.masks)
    return torch.stack(masks)


@LOOPS.register_module()
class ClickingTestLoop(TestLoop):
    """mmengine's test loop, which also fills :attr:`Prediction.click_rounds` with masks after 1 to ``rounds`` clicks.

    The model must be able to answer prompts about a scene that it has seen: ``extract_feat(batch)`` gives one object for each
    scene, ``answer(scene, prompts)`` a prediction, of all tasks at first and of the prompts from then on. Scenes without
    targets have no user.
    """

    def __init__(self, runner: Any, dataloader: Any, evaluator: Any, rounds: int, **kwargs: Any) -> None:
        super().__init__(runner, dataloader, evaluator, **kwargs)
        if rounds < 1:
            raise ConfigError(f'the rounds of clicks must be at least 1, got {rounds}')
        self.rounds = rounds
        self.model: Any = runner.model.module if is_model_wrapper(runner.model) else runner.model
        if not hasattr(self.model, 'answer'):
            raise ConfigError(
                f'--clicks needs a model that answers prompts, and {type(self.model).__name__} does not; leave it out'
            )

    @torch.no_grad()
    def run_iter(self, idx: int, data_batch: Any) -> None:
        """Predict, play, and hand both to the metrics."""
        self.runner.call_hook('before_test_iter', batch_idx=idx, data_batch=data_batch)
        with autocast(enabled=self.fp16):
            outputs = self._play(data_batch)
        self.evaluator.process(data_samples=outputs, data_batch=data_batch)
        self.runner.call_hook('after_test_iter', batch_idx=idx, data_batch=data_batch, outputs=outputs)

    def _play(self, data_batch: Any) -> list[Prediction]:
        batch = self.model.data_preprocessor(data_batch, False)['batch']
        scenes = self.model.extract_feat(batch)
        return [self._play_scene(scene, sample) for scene, sample in zip(scenes, batch, strict=True)]

    def _play_scene(self, scene: Any, sample: Sample) -> Prediction:
        prediction = self.model.answer(scene, sample.prompts)
        if sample.targets is None or prediction.clicks is None:
            return prediction
        masks = play_rounds(self.model, scene, sample, prediction.clicks.masks, self.rounds)
        return replace(prediction, click_rounds=masks)
