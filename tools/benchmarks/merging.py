"""B15: merging the masks of views by quadratic optimisation, beside loops over masks and flips."""

from collections.abc import Iterator

import numpy as np
import torch
from peers.literal_qubo import literal_annealing, literal_overlap
from torch import Tensor

from benchmarks.checks import DisagreementError, require_close
from benchmarks.timing import Item, Row, Settings
from uniseg3d.models.postprocess.qubo import Annealing, coverage_matrix, energy
from uniseg3d.ops.soft_overlap import soft_overlap

SIZE = (384, 512)  # pixels of a view
QUERIES = 200
MOST = 200  # masks: the loops beside take minutes with more
PRICE = 1e-3
SEEDS = 3  # annealings of each kind whose energies are compared


def qubo_merging(settings: Settings) -> Iterator[Item | Row]:
    """B15: overlaps of one view, then the annealing, with the energies that both reach."""
    for count in (min(size, MOST) for size in settings.sizes_or(QUERIES)):
        masks = smooth_masks(count).flatten(1).to(settings.device)
        size = f'{count} masks of {SIZE[1]} x {SIZE[0]} pixels'
        ours, literal = soft_overlap(masks), literal_overlap(masks)
        require_close('B15', 'ours, overlaps', ours.float().cpu(), literal, 1e-4)
        works = {'ours': lambda masks=masks: soft_overlap(masks), 'mask by mask': lambda masks=masks: literal_overlap(masks)}
        yield Item('B15', 'overlaps of masks', size, 'ours', works)
        matrix = coverage_matrix(ours.cpu().numpy(), masks.shape[1])
        yield annealing(matrix, size)


def annealing(matrix: np.ndarray, size: str) -> Item:
    """Both with the published numbers of restarts and flips; ours must never end higher."""
    reached = [energy(matrix, Annealing(seed=seed)(matrix, PRICE), PRICE) for seed in range(SEEDS)]
    others = [energy(matrix, literal_annealing(matrix, PRICE, np.random.default_rng(seed)), PRICE) for seed in range(SEEDS)]
    if max(reached) > min(others) + 1e-6:  # literal energies are rounded
        raise DisagreementError(f'B15: annealing ends at {max(reached):.6f}, loops reach {min(others):.6f}')
    works = {
        'ours': lambda: Annealing()(matrix, PRICE),
        'flip by flip': lambda: literal_annealing(matrix, PRICE, np.random.default_rng(0)),
    }
    return Item('B15', 'choosing masks', size, 'ours', works)


def smooth_masks(count: int) -> Tensor:
    """Probabilities as of a network that is mostly sure: blobs of all sizes, many of them several times [count, H, W]."""
    generator = torch.Generator().manual_seed(0)
    middle = torch.rand(-(-count // 3), 2, generator=generator).repeat(3, 1)[:count] * torch.tensor(SIZE)
    radius = torch.rand(count, generator=generator) * 90 + 8
    rows, columns = torch.meshgrid(*(torch.arange(side) for side in SIZE), indexing='ij')
    away = ((rows - middle[:, 0, None, None]) ** 2 + (columns - middle[:, 1, None, None]) ** 2).sqrt()
    return ((radius[:, None, None] - away) / 6).sigmoid()
