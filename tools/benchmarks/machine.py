"""The machine that was measured, and what it can do at best."""

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from uniseg3d.ops.linear import product_of_rows, product_path
from uniseg3d.ops.sparse.backends import cpu_kernel

MILLION = 10**6


@dataclass
class Machine:
    """Facts of a report; rates are of one thread unless the run had more."""

    processor: str
    torch_version: str
    product: str  # which library multiplies float32 matrices
    kernel: str  # instruction set of the C kernel
    gemm_side: int  # rows and columns of the matrices below
    gemm_gflops: dict[str, float]
    bandwidth_gbs: dict[str, float]

    @property
    def peak_gflops(self) -> float:
        """Fastest float32 matrix product."""
        return max(self.gemm_gflops.values())


def describe_machine(device: str, small: bool) -> Machine:
    """Measure the roofline; ``small`` takes matrices of 256 rows for trying the suite out."""
    side, rows = (256, 10_000) if small else (2048, 100_000)
    left, right = torch.randn(side, side, device=device), torch.randn(side, side, device=device)
    flop = 2e-9 * side**3
    wide, index = torch.randn(rows, 32, device=device), torch.randperm(rows, device=device)
    sums = torch.zeros_like(wide)
    source, copy = (torch.ones(20 * MILLION, device=device) for _ in range(2))
    moved = 2e-9 * wide.numel() * 4
    return Machine(
        processor=torch.cuda.get_device_name() if device == 'cuda' else _processor(),
        torch_version=torch.__version__,
        product=product_path(),
        kernel=_kernel(),
        gemm_side=side,
        gemm_gflops={
            'torch.mm': flop / _best(lambda: torch.mm(left, right), device),
            'fastest exact path': flop / _best(lambda: product_of_rows(left, right), device),
        },
        bandwidth_gbs={
            'copy': 2e-9 * copy.numel() * 4 / _best(lambda: copy.copy_(source), device),
            'gather rows of 32': moved / _best(lambda: wide.index_select(0, index), device),
            'scatter rows of 32': moved / _best(lambda: sums.index_add_(0, index, wide), device),
        },
    )


def _best(work: Callable[[], object], device: str) -> float:
    times = []
    for _ in range(7):
        start = time.perf_counter() if device == 'cuda' else time.process_time()
        work()
        if device == 'cuda':
            torch.cuda.synchronize()
        times.append((time.perf_counter() if device == 'cuda' else time.process_time()) - start)
    return min(times)


def _processor() -> str:
    cpuinfo = Path('/proc/cpuinfo')
    lines = cpuinfo.read_text(encoding='utf-8').splitlines() if cpuinfo.exists() else []
    names = [line.split(':', 1)[1].strip() for line in lines if line.startswith('model name')]
    return names[0] if names else platform.processor() or platform.machine()


def _kernel() -> str:
    return cpu_kernel.missing() or cpu_kernel.instruction_sets()[0]
