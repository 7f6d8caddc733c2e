"""Round-robin timing of candidates that do the same work, and the rows it gives."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch

FLUSHED_BYTES = 2**28  # more than any second-level cache of a GPU
GPU_WARM_UPS = 10


@dataclass(frozen=True)
class Settings:
    """How a run is made."""

    sizes: tuple[int, ...] | None = None  # voxels or points; None: those of the suite's definition
    rounds: int = 5
    threads: int = 1
    device: str = 'cpu'

    def sizes_or(self, *usual: int) -> tuple[int, ...]:
        """Sizes of an item: the requested ones, else its usual ones."""
        return usual if self.sizes is None else self.sizes


@dataclass
class Item:
    """One comparison: every candidate computes the same, one of them is the measure of the others."""

    id: str
    what: str
    size: str
    baseline: str
    candidates: dict[str, Callable[[], object]]
    flop: float | None = None  # useful floating-point operations of one call


@dataclass
class Row:
    """One candidate of one item. ``ratio`` is the median over rounds of its time to the baseline's; spread: quartiles."""

    id: str
    what: str
    size: str
    candidate: str
    baseline: str
    threads: int
    device: str
    ratio: float
    ratio_low: float
    ratio_high: float
    cpu_ms: float | None = None
    wall_ms: float | None = None
    cv: float | None = None
    gflops: float | None = None
    roofline: float | None = None  # share of the host's fastest matrix product
    unit: str = 'ms'
    value: float | None = field(default=None)  # of items that are no times, in ``unit``
    command: str = ''  # that measured it
    commit: str = ''  # last change of what was measured

    @property
    def key(self) -> tuple[str, ...]:
        """What identifies a row in another report."""
        return self.id, self.what, self.size, self.candidate, str(self.threads), self.device


def measure(item: Item, settings: Settings, peak_gflops: float | None) -> list[Row]:
    """Time the candidates in turns, so that a busy machine slows all alike. Ratios are of CPU time, of wall
    time with several threads, on GPUs of events."""
    once = _once_on_gpu if settings.device == 'cuda' else _once_on_cpu
    for work in item.candidates.values():
        for _ in range(GPU_WARM_UPS if settings.device == 'cuda' else 2):
            work()
    names = list(item.candidates)
    times = np.zeros((len(names), settings.rounds, 2))  # seconds: process or device, wall
    for turn in range(settings.rounds):
        for place in range(len(names)):
            index = (place + turn) % len(names)
            times[index, turn] = once(item.candidates[names[index]])
    base = times[names.index(item.baseline)]
    return [_row(item, name, times[i], base, settings, peak_gflops) for i, name in enumerate(names)]


def _row(item: Item, name: str, times: np.ndarray, base: np.ndarray, settings: Settings, peak_gflops: float | None) -> Row:
    cpu, wall = np.median(times, axis=0) * 1e3
    clock = 0 if settings.threads == 1 else 1  # process time adds up the threads
    counted = times[:, clock]
    low, ratio, high = np.quantile(counted / base[:, clock], [0.25, 0.5, 0.75])
    gflops = None if item.flop is None else item.flop / ((cpu, wall)[clock] * 1e6)
    return Row(
        *(item.id, item.what, item.size, name, item.baseline, settings.threads, settings.device),
        *map(float, (ratio, low, high, cpu, wall, counted.std() / counted.mean())),
        gflops=gflops,
        roofline=gflops / peak_gflops if gflops and peak_gflops else None,
    )


def _once_on_cpu(work: Callable[[], object]) -> tuple[float, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


def _once_on_gpu(work: Callable[[], object]) -> tuple[float, float]:
    torch.empty(FLUSHED_BYTES, dtype=torch.uint8, device='cuda').zero_()
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    torch.cuda.synchronize()
    wall = time.perf_counter()
    start.record()
    work()
    end.record()
    torch.cuda.synchronize()
    return start.elapsed_time(end) / 1e3, time.perf_counter() - wall
