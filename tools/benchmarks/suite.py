"""All benchmarks by their names, and a run of some of them."""

import sys
from collections.abc import Callable, Iterable
from itertools import chain

import torch

from benchmarks.clicks import clicking
from benchmarks.convolutions import kernel_maps, strides, submanifold
from benchmarks.decoder import cross_attention
from benchmarks.evaluation import average_precision
from benchmarks.gaussians import drawing
from benchmarks.label_memory import label_memory
from benchmarks.lifting import lifting
from benchmarks.merging import qubo_merging
from benchmarks.model_parts import model_parts
from benchmarks.must3r import remembering
from benchmarks.point3r import streaming
from benchmarks.query_decoder import decoding
from benchmarks.superpoints import making, pooling
from benchmarks.suppression import suppression
from benchmarks.timing import Item, Row, Settings, measure
from benchmarks.unet import memory, whole_net
from benchmarks.vit import transformer_block
from uniseg3d.utils.errors import ConfigError

SUITE: dict[str, Callable[[Settings], Iterable[Item | Row]]] = {
    'B1': kernel_maps,
    'B2': submanifold,
    'B3': strides,
    'B4': whole_net,
    'B5': memory,
    'B6': pooling,
    'B7': making,
    'B8': cross_attention,
    'B9': lambda settings: chain(average_precision(settings), suppression(settings)),
    'B10': transformer_block,
    'B11': clicking,
    'B12': decoding,
    'B13': model_parts,
    'B14': streaming,
    'B15': qubo_merging,
    'B16': drawing,
    'B17': remembering,
    'B18': lifting,
    'B19': label_memory,
}


def run_suite(names: list[str], settings: Settings, peak_gflops: float, among: Iterable[str] = ('',)) -> list[Row]:
    """Rows of the named benchmarks whose ``what`` contains one of ``among``; says on stderr what it is at."""
    torch.set_num_threads(settings.threads)
    torch.manual_seed(0)
    rows: list[Row] = []
    for name in names:
        for made in SUITE[name](settings):
            if not any(part in made.what for part in among):
                continue
            timed = measure(made, settings, peak_gflops) if isinstance(made, Item) else [made]
            rows += timed
            ratios = ', '.join(f'{row.candidate} {row.ratio:.2f}' for row in timed)
            print(f'{name} {timed[0].what} ({timed[0].size}): {ratios}', file=sys.stderr, flush=True)
    if not rows:
        raise ConfigError(f'no item of {", ".join(names)} has such a description and size; expected one of those of --page')
    return rows
