"""Which masks to keep so that they cover much and overlap little: quadratic binary optimisation by annealing."""

from dataclasses import dataclass

import numpy as np
from numba import njit

from uniseg3d.utils.errors import ConfigError


def coverage_matrix(overlap: np.ndarray, pixels: int, penalty: float = 1.0) -> np.ndarray:
    """Symmetric matrix W [Q, Q] of the energy u W u from :func:`soft_overlap`: minus areas, and (1 + penalty) overlaps.

    Divided by the number of pixels. Every pair stands twice in W, so each time with half of its overlap.
    """
    matrix = (1 + penalty) / 2 * overlap
    np.fill_diagonal(matrix, -overlap.diagonal())
    return matrix / pixels


def energy(matrix: np.ndarray, chosen: np.ndarray, price: float = 1e-3) -> np.ndarray:
    """u W u + price mean(u) of assignments ``chosen`` [..., Q] of 0 and 1."""
    chosen = np.asarray(chosen, np.float64)
    return np.einsum('...i,ij,...j->...', chosen, matrix, chosen) + price * chosen.mean(-1)


@dataclass(frozen=True)
class Annealing:
    """Single flips while a temperature falls, from several random starts; then the best is improved until no flip of one or two
    masks helps.

    The same seed gives the same result on every machine.
    """

    restarts: int = 20
    flips: int = 10_000
    hottest: float = 0.5
    coldest: float = 1e-4
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.restarts, self.flips) < 1 or not 0 < self.coldest <= self.hottest:
            raise ConfigError(f'annealing needs a restart, a flip, and 0 < coldest <= hottest; got {self}')

    def __call__(self, matrix: np.ndarray, price: float = 1e-3) -> np.ndarray:
        """Assignment [Q] of 0 and 1 of low :func:`energy`."""
        count = len(matrix)
        if not count:
            return np.zeros(0, np.int64)
        # the price of a mask is its own doing, too; where u is 0 or 1, u u = u
        priced = matrix + np.eye(count) * (price / count)
        rng = np.random.default_rng(self.seed)
        start = rng.integers(0, 2, (self.restarts, count))
        place = rng.integers(0, count, (self.restarts, self.flips))
        chance = rng.random((self.restarts, self.flips))
        cooling = (self.coldest / self.hottest) ** (np.arange(self.flips) / self.flips)
        found = np.stack([_anneal(priced, *draws, self.hottest * cooling) for draws in zip(start, place, chance, strict=True)])
        return found[energy(priced, found, 0.0).argmin()]


@njit(cache=True)
def _anneal(matrix, chosen, place, chance, temperature):  # type: ignore[no-untyped-def]
    """Best assignment on the way from ``chosen`` [Q]; ``place`` and ``chance`` [T] are the random numbers of the flips."""
    field = matrix @ chosen.astype(np.float64)  # [Q], so a flip costs Q steps, and asking what it would change one
    change = 0.0  # against the start
    best, lowest = chosen.copy(), 0.0
    for step in range(len(place)):
        gain = _flip_energy(matrix, field, chosen, place[step])
        if gain < 0 or chance[step] < np.exp(-gain / temperature[step]):
            _flip(matrix, field, chosen, place[step])
            change += gain
            if change < lowest:
                lowest = change
                best[:] = chosen
    _descend(matrix, best)
    return best


@njit(cache=True)
def _descend(matrix, chosen):  # type: ignore[no-untyped-def]
    """Take the best flip of one mask or of two, as when one takes the place of another, until none helps."""
    field = matrix @ chosen.astype(np.float64)
    while True:
        lowest, first, second = -1e-12, -1, -1
        for one in range(len(chosen)):
            alone = _flip_energy(matrix, field, chosen, one)
            if alone < lowest:
                lowest, first, second = alone, one, -1
            for other in range(one):
                between = 2 * (1 - 2 * chosen[one]) * (1 - 2 * chosen[other]) * matrix[one, other]
                both = alone + _flip_energy(matrix, field, chosen, other) + between
                if both < lowest:
                    lowest, first, second = both, one, other
        if first < 0:
            return
        _flip(matrix, field, chosen, first)
        if second >= 0:
            _flip(matrix, field, chosen, second)


@njit(cache=True)
def _flip_energy(matrix, field, chosen, place):  # type: ignore[no-untyped-def]
    sign = 1 - 2 * chosen[place]
    return sign * 2 * field[place] + matrix[place, place]


@njit(cache=True)
def _flip(matrix, field, chosen, place):  # type: ignore[no-untyped-def]
    sign = 1 - 2 * chosen[place]
    field += sign * matrix[place]
    chosen[place] += sign
