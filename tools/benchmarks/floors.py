"""What the suite must reach, and whether a report does."""

import math
from dataclasses import dataclass, field

from benchmarks.timing import Row


@dataclass(frozen=True)
class Floor:
    """The geometric mean of the ratios of some rows must not exceed ``limit``."""

    label: str
    item: str
    parts: tuple[str, ...]  # the rows' descriptions, one row each
    candidate: str
    limits: dict[str, float] = field(hash=False)  # by instruction set of the C kernel, or 'any'
    baseline: str = 'spconv'
    device: str = 'cpu'


@dataclass
class Verdict:
    """A floor and what was measured."""

    label: str
    limit: float
    ratio: float | None  # None: not measured
    rate: float | None = None  # GFLOP/s of the useful products, all other work counted in the time

    @property
    def needed(self) -> float | None:
        """The rate that would just meet the floor."""
        return None if self.ratio is None or self.rate is None else self.rate * self.ratio / self.limit

    @property
    def met(self) -> str:
        """One word for the table."""
        if self.ratio is None:
            return 'not measured'
        return 'yes' if self.ratio <= self.limit else 'no'


WIDTHS = (32, 64, 128)
FORWARD = tuple(f'subm3 {c}-{c} forward' for c in WIDTHS)
BOTH = tuple(f'subm3 {c}-{c} forward + backward' for c in WIDTHS)
ATTENTION = ('cross-attention, 400 queries', 'cross-attention, 900 queries')
SIX_LAYERS = ('6 layers, 400 queries', '6 layers, 900 queries')
FLOORS = (
    Floor('neighbour table', 'B1', ('k3 table, random',), 'ours', {'any': 0.25}),
    Floor('torch: sub-manifold forward, 32/64/128', 'B2', FORWARD, 'torch', {'any': 0.55}),
    Floor('torch: layer forward + backward, 32/64/128', 'B2', BOTH, 'torch', {'any': 0.75}),
    Floor('torch: U-Net forward', 'B4', ('U-Net forward',), 'torch', {'any': 0.75}),
    Floor('torch: U-Net train step', 'B4', ('U-Net train step',), 'torch', {'any': 0.90}),
    Floor('torch: peak memory of training', 'B5', ('U-Net training',), 'torch', {'any': 1.0}),
    Floor('C kernel: sub-manifold forward, 32/64/128', 'B2', FORWARD, 'cpu', {'avx512': 0.25, 'any': 0.55}),
    Floor('C kernel with AVX2: sub-manifold forward, 32/64/128', 'B2', FORWARD, 'cpu with AVX2', {'any': 0.55}),
    Floor('C kernel: U-Net forward', 'B4', ('U-Net forward',), 'cpu', {'any': 0.35}),
    Floor('C kernel: U-Net train step', 'B4', ('U-Net train step',), 'cpu', {'any': 0.45}),
    Floor('superpoint mean, forward + backward', 'B6', ('mean 32 forward + backward',), 'ours', {'any': 0.5}, ''),
    Floor('mesh segmentation', 'B7', ('mesh',), 'ours', {'any': 0.5}, 'C++ port'),
    Floor('raw cloud to superpoints', 'B7', ('raw cloud',), 'ours', {'any': 0.5}, 'k-d tree'),
    Floor('decoder attention', 'B8', ATTENTION, 'ours', {'any': 0.5}, 'MultiheadAttention'),
    Floor('decoder of six layers', 'B8', SIX_LAYERS, 'ours', {'any': 0.55}, 'MultiheadAttention'),
    Floor('evaluation of instances', 'B9', ('instance AP',), 'ours', {'any': 0.1}, 'point masks'),
    Floor('clicks of test scenes', 'B11', ('clicks on 25 instances',), 'ours', {'any': 0.02}, 'all pairs'),
    Floor('UniSeg3D training step', 'B12', ('training step',), 'ours', {'any': 0.6}, 'literal'),
    Floor('UniSeg3D prediction', 'B12', ('decoder prediction',), 'ours', {'any': 0.33}, 'literal'),
    Floor('picture of gaussians', 'B16', ('one view',), 'torch', {'any': 0.05}, 'loop over pixels'),
    Floor('rendering from keys and values', 'B17', ('rendering from memory',), 'keys_values', {'any': 1 / 1.4}, 'normalized'),
    Floor('CUDA: Triton U-Net forward', 'B4', ('U-Net forward',), 'triton', {'any': 1.1}, device='cuda'),
)


def verdicts(rows: list[Row], kernel: str) -> list[Verdict]:
    """Every floor against the rows; where an item has several sizes, the one closest to 100 000 voxels counts."""
    found = []
    for floor in FLOORS:
        counted = [_row(rows, floor, part) for part in floor.parts]
        ratios = [None if row is None else row.ratio for row in counted]
        rates = [None if row is None else row.gflops for row in counted]
        found.append(Verdict(floor.label, floor.limits.get(kernel, floor.limits['any']), _mean(ratios), _mean(rates)))
    return found


def _mean(values: list[float | None]) -> float | None:
    """Geometric mean, where all are known."""
    known = [value for value in values if value is not None]
    return math.exp(sum(map(math.log, known)) / len(known)) if len(known) == len(values) else None


def scalings(rows: list[Row]) -> list[tuple[Row, float]]:
    """Rows of several threads that were also measured on one, and how many times faster (wall) they are."""
    alone = {row.key[:4]: row.wall_ms for row in rows if row.threads == 1}
    several = [row for row in rows if row.threads > 1 and row.wall_ms and alone.get(row.key[:4])]
    return [(row, alone[row.key[:4]] / row.wall_ms) for row in several]


def _row(rows: list[Row], floor: Floor, part: str) -> Row | None:
    fitting = [
        row
        for row in rows
        if row.id == floor.item
        and row.what == part
        and row.candidate == floor.candidate
        and row.baseline in ((floor.baseline,) if floor.baseline else ('torch-scatter', 'torch'))
        and (row.device, row.threads) == (floor.device, 1)
    ]
    return min(fitting, key=lambda row: abs(int(row.size.split()[0]) - 100_000)) if fitting else None
