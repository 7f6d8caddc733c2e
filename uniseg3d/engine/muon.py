"""The Muon optimiser: weight matrices move by orthogonalised momentum, everything else as AdamW moves it."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, cast

import torch
from torch import Tensor

from uniseg3d.registry import OPTIMIZERS
from uniseg3d.utils.errors import ConfigError

# x -> a x + b x³ + c x⁵ on singular values; each step's own factors push the small ones up faster than one set for all
STEPS = ((4.0848, -6.8946, 2.9270), (3.9505, -6.3029, 2.6377), (2.8769, -3.1427, 1.2046))
ADAM_RMS = 0.2  # AdamW's updates are about this large in the mean, so Muon's can share its learning rate


def orthogonalised(matrices: Tensor) -> Tensor:
    """``matrices`` [n, a, b] with their singular values brought near one; what they span stays."""
    if matrices.shape[1] > matrices.shape[2]:
        return orthogonalised(matrices.mT).mT
    result = matrices / matrices.norm(dim=(1, 2), keepdim=True).clamp(min=1e-7)
    for first, third, fifth in STEPS:
        square = result @ result.mT  # [n, a, a], the short side
        factor = torch.baddbmm(square, square, square, beta=third, alpha=fifth)
        result = torch.baddbmm(result, factor, result, beta=first)
    return result


@OPTIMIZERS.register_module()
class Muon(torch.optim.Optimizer):
    """Every direction of a weight matrix learns at the same speed, so short trainings get about twice as far.

    Biases, norms, thin matrices and tables of words are left to AdamW. Learning rate and weight decay mean the same to
    both.

    Args:
        momentum: of the matrices, with Nesterov's look ahead.
        betas, eps: of AdamW.
        sides: a matrix is orthogonalised if its short side has at least, and its long side at most, so many entries.
        filters: those of convolutions over images are matrices, too, a row for each; else AdamW moves them.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        weight_decay: float = 0.05,
        momentum: float = 0.95,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        sides: tuple[int, int] = (30, 2048),
        filters: bool = False,
    ) -> None:
        if not 0 <= momentum < 1 or not all(0 <= beta < 1 for beta in betas):
            raise ConfigError(f'Muon: momentum and betas must be in [0, 1), got {momentum} and {betas}')
        defaults = {'lr': lr, 'weight_decay': weight_decay, 'momentum': momentum, 'betas': betas, 'eps': eps, 'sides': sides}
        super().__init__(params, defaults)
        self.kinds = (2, 4) if filters else (2,)  # axes of what is orthogonalised

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Move all parameters that have a gradient."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            alike = defaultdict(list)  # matrices of one shape are orthogonalised at once
            for param in group['params']:
                if param.grad is not None:
                    alike[tuple(param.shape) if self._is_wide(param, *group['sides']) else ()].append(param)
            self._adamw(alike.pop((), []), group)
            for params in alike.values():
                self._muon(params, group)
        return loss

    def _muon(self, params: list[Tensor], group: dict[str, Any]) -> None:
        grads, momentum = _grads(params), self._kept(params, 'momentum')
        torch._foreach_lerp_(momentum, grads, 1 - group['momentum'])
        ahead = torch._foreach_lerp(grads, momentum, group['momentum'])
        matrices = torch.stack(ahead).float().flatten(2)  # [n, a, b]
        update = orthogonalised(matrices).to(params[0].dtype).view(len(params), *params[0].shape)
        size = ADAM_RMS * max(matrices.shape[1:]) ** 0.5
        torch._foreach_mul_(params, 1 - group['lr'] * group['weight_decay'])
        torch._foreach_add_(params, list(update), alpha=-group['lr'] * size)

    def _adamw(self, params: list[Tensor], group: dict[str, Any]) -> None:
        if not params:
            return
        grads, (first, second) = _grads(params), group['betas']
        mean, square = self._kept(params, 'mean'), self._kept(params, 'square')
        torch._foreach_lerp_(mean, grads, 1 - first)
        torch._foreach_mul_(square, second)
        torch._foreach_addcmul_(square, grads, grads, 1 - second)
        steps = [self._count(param) for param in params]  # a parameter may get its first gradient late
        root = torch._foreach_sqrt(torch._foreach_div(square, [1 - second**step for step in steps]))
        torch._foreach_add_(root, group['eps'])
        torch._foreach_mul_(params, 1 - group['lr'] * group['weight_decay'])
        torch._foreach_addcdiv_(params, mean, root, [-group['lr'] / (1 - first**step) for step in steps])

    def _is_wide(self, param: Tensor, shortest: int, longest: int) -> bool:
        sides = sorted((len(param), param[0].numel())) if param.ndim in self.kinds else (0, 0)
        return sides[0] >= shortest and sides[1] <= longest

    def _kept(self, params: list[Tensor], name: str) -> list[Tensor]:
        for param in params:
            if name not in self.state[param]:
                self.state[param][name] = torch.zeros_like(param)
        return [self.state[param][name] for param in params]

    def _count(self, param: Tensor) -> int:
        self.state[param]['step'] = self.state[param].get('step', 0) + 1
        return self.state[param]['step']


def _grads(params: list[Tensor]) -> list[Tensor]:
    return [cast(Tensor, param.grad) for param in params]
