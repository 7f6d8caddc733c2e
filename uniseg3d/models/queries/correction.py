"""A simulated user, who looks at the masks of his objects and clicks where they are wrong."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from uniseg3d.registry import MODELS
from uniseg3d.structures import Clicks, Prompts, Sample, Superpoints
from uniseg3d.utils.errors import ConfigError, DataError


def error_weights(sizes: Tensor, centres: Tensor, reach: float = 0.3) -> Tensor:
    """How much a wrong superpoint draws a click to another [M, M]: its points (``sizes`` [M]), less with distance.

    ``centres`` [M, 3] and ``reach`` in metres; the weight falls off as a Gaussian of that width.
    """
    return torch.cdist(centres, centres).square_().mul_(-0.5 / reach**2).exp_().mul_(sizes[:, None])


def next_clicks(masks: Tensor, truth: Tensor, weights: Tensor, clicked: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Where K users click next to turn ``masks`` [K, M] bool into ``truth`` [K, M] bool.

    A user clicks the superpoint around which most points are wrong in the same way: missing ones ask for a positive click,
    points too many for a negative one. So the largest region of errors is clicked, and in its middle. ``weights`` are
    :func:`error_weights`. No superpoint is clicked twice: ``clicked`` [K, M] bool says where clicks are.

    Returns superpoint [K] int64, positive [K] bool, and needed [K] bool: false where no error is left to be clicked.
    """
    errors = torch.stack([truth & ~masks, masks & ~truth])  # [2, K, M]: missing, too many
    pull = torch.where(errors, errors.to(weights.dtype) @ weights, 0.0).sum(0)  # a superpoint is wrong in one way only
    best, superpoint = pull.masked_fill(clicked, 0.0).max(1)
    positive = truth.gather(1, superpoint[:, None])[:, 0]
    return superpoint, positive, best > 0


def central_points(xyz: Tensor, superpoints: Superpoints) -> Tensor:
    """The point [M] of each superpoint that is closest to its mean, of ``xyz`` [N, 3]; the first of equals."""
    ids = superpoints.ids
    distance = torch.linalg.vector_norm(xyz - superpoints.mean(xyz)[ids], dim=1)
    least = distance.new_full((len(superpoints),), torch.inf).scatter_reduce(0, ids, distance, 'amin')
    row = torch.arange(len(ids), device=ids.device)
    candidate = torch.where(distance == least[ids], row, len(ids))
    return row.new_full((len(superpoints),), len(ids)).scatter_reduce(0, ids, candidate, 'amin')


def more_clicks(clicks: Clicks, prompt: Tensor, point: Tensor, superpoint: Tensor, positive: Tensor) -> Clicks:
    """``clicks`` and more of them for the same prompts, at most one each; every prompt keeps its order in time."""
    prompts = torch.cat([clicks.prompt, prompt])
    order = prompts.argsort(stable=True)
    old = (clicks.point, clicks.superpoint, clicks.positive)
    parts = (torch.cat(pair)[order] for pair in zip(old, (point, superpoint, positive), strict=True))
    points, superpoints, signs = parts
    return Clicks(points, superpoints, prompts[order], signs)


def alone(clicks: Clicks) -> Prompts:
    """Nothing but ``clicks``."""
    return Prompts(clicks).to(clicks.point.device)  # sentences have a device even if there are none


class SimulatedUser:
    """Knows what every click prompt of a scene means, and corrects masks by one click each."""

    def __init__(self, sample: Sample, reach: float = 0.3) -> None:
        if sample.targets is None:
            raise DataError(
                f'scene {sample.scene.scene_id} has no targets; a simulated user needs to know the objects he means'
            )
        self.truth = sample.targets.masks[sample.targets.click_instance]  # [K, M]
        self.points = central_points(sample.scene.xyz, sample.superpoints)  # [M]
        self.weights = error_weights(sample.superpoints.sizes, sample.superpoints.mean(sample.scene.xyz), reach)

    def correct(self, clicks: Clicks, masks: Tensor) -> Clicks:
        """``clicks`` and one more for each prompt whose mask, of ``masks`` [K, M] bool, is still wrong."""
        clicked = torch.zeros_like(self.truth)
        clicked[clicks.prompt, clicks.superpoint] = True
        superpoint, positive, needed = next_clicks(masks, self.truth, self.weights, clicked)
        prompt = torch.nonzero(needed)[:, 0]
        return more_clicks(clicks, prompt, self.points[superpoint[prompt]], superpoint[prompt], positive[prompt])


@MODELS.register_module()
class CorrectionClicks(nn.Module):
    """In training, sometimes gives all click prompts of a scene the corrections of a simulated user.

    Args:
        probability: share of the scenes that are corrected.
        rounds: up to so many corrections for each prompt, any number from 1 being equally likely.
        reach: see :func:`error_weights`.
    """

    def __init__(self, probability: float = 0.5, rounds: int = 3, reach: float = 0.3) -> None:
        super().__init__()
        if rounds < 1 or not 0 <= probability <= 1:
            raise ConfigError(
                f'CorrectionClicks needs rounds of at least 1 and a probability from 0 to 1, got {rounds} and {probability}'
            )
        self.probability, self.rounds, self.reach = probability, rounds, reach

    @torch.no_grad()
    def forward(self, sample: Sample, predict: Callable[[Prompts], Tensor]) -> Prompts:
        """The prompts of ``sample``, possibly with more clicks. ``predict`` gives masks [K, M] bool of the prompts' clicks."""
        prompts = sample.prompts
        if len(prompts.clicks) == 0 or torch.rand(()).item() >= self.probability:
            return prompts
        user, clicks = SimulatedUser(sample, self.reach), prompts.clicks
        for _ in range(int(torch.randint(self.rounds, ()).item()) + 1):
            clicks = user.correct(clicks, predict(alone(clicks)))
        return Prompts(clicks, prompts.texts)
