"""Merging by quadratic optimisation as one would write it down: mask by mask, flip by flip, the energy anew each time."""

import numpy as np
import torch
from torch import Tensor


def literal_overlap(masks: Tensor) -> Tensor:
    """Sum of the smaller of every two ``masks`` [Q, P]: [Q, Q], areas on the diagonal."""
    overlap = torch.zeros(len(masks), len(masks))
    for one, mask in enumerate(masks):
        overlap[one, one:] = torch.minimum(mask, masks[one:]).sum(1)
    return overlap.triu(1) + overlap.triu(1).T + overlap.diag().diag()


def literal_energy(matrix: np.ndarray, chosen: np.ndarray, price: float) -> float:
    """Energy of an assignment [Q]."""
    return float(chosen @ matrix @ chosen + price * chosen.mean())


def literal_annealing(
    matrix: np.ndarray,
    price: float,
    rng: np.random.Generator,
    restarts: int = 20,
    flips: int = 10_000,
    hottest: float = 0.5,
    coldest: float = 1e-4,
) -> np.ndarray:
    """Best assignment [Q] of all restarts."""
    best, lowest = np.zeros(len(matrix)), np.inf
    factor = (coldest / hottest) ** (1 / flips)
    for _ in range(restarts):
        chosen = rng.integers(0, 2, len(matrix)).astype(float)
        now, temperature = literal_energy(matrix, chosen, price), hottest
        for _ in range(flips):
            place = rng.integers(len(matrix))
            chosen[place] = 1 - chosen[place]
            then = literal_energy(matrix, chosen, price)
            if then < now or rng.random() < np.exp((now - then) / temperature):
                now = then
            else:
                chosen[place] = 1 - chosen[place]
            if now < lowest:
                best, lowest = chosen.copy(), now
            temperature *= factor
    return best
