"""Measure the sparse engine, superpoints and attention against their peers, in one process and in turns.

Peers take part where they are installed (spconv on one thread, torch-scatter) or can be compiled (the mesh segmentation).
Candidates must agree before they are timed. Results are ratios to the named baseline: they survive a busy machine,
milliseconds do not. Writes JSON, and beside it a chart.

--all measures every number of docs/benchmarks.md: some 30 steps, an hour on one idle core. Each is a process of its own, for
memory that one leaves behind can speed up the next. A run that was cut off goes on where it was; a change of the engine or
the suite starts anew. The page then lists the command of every row, to repeat it alone.

B1 neighbour tables, B2 sub-manifold convolution, B3 strided convolutions, B4 U-Net, B5 memory of the U-Net, B6 pooling over
superpoints, B7 making superpoints, B8 decoder attention, B9 evaluation and matrix NMS, B10 block of a vision transformer,
B11 clicks of test scenes, B12 UniSeg3D's decoder and losses, B13 UniSeg3D part by part, B14 Point3R's growing memory,
B15 PanSt3R's choice of masks, B16 pictures of gaussians, B17 MUSt3R's memory, B18 lifting features to points,
B19 memory of drawn labels

Examples:
    python tools/benchmark.py --all
    python tools/benchmark.py --only B1 B6 --rounds 9
    python tools/benchmark.py --compare docs/benchmarks.json
    python tools/benchmark.py --only B2 --what '32-32 forward' '64-64 forward'
    python tools/benchmark.py --only B8 --out docs/benchmarks.json --page docs/benchmarks.md --add
"""

import argparse
import os
import sys
from pathlib import Path

import torch
from benchmarks.machine import describe_machine
from benchmarks.plan import measuring_command, run_plan, state_of_code
from benchmarks.report import Report, add_to, draw_chart, print_comparison, print_rows, read_report, write_page, write_report
from benchmarks.suite import SUITE, run_suite
from benchmarks.timing import Settings

from uniseg3d.utils.cli import positive_int, run


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        '--only', nargs='+', choices=SUITE, default=list(SUITE), metavar='B1', help=f'some of {", ".join(SUITE)}'
    )
    parser.add_argument('--all', action='store_true', help='every number of the page, step by step; goes on where it was')
    parser.add_argument('--what', nargs='+', default=[''], metavar='TEXT', help='only items whose description contains one')
    parser.add_argument(
        '--size', type=positive_int, nargs='+', help='voxels, points or queries; default: as the suite is defined'
    )
    parser.add_argument('--rounds', type=positive_int, default=5, help='turns of every candidate; default %(default)s')
    parser.add_argument(
        '--threads', type=positive_int, nargs='+', default=[1], help='one run for each number; default %(default)s'
    )
    parser.add_argument('--device', choices=('auto', 'cpu', 'cuda'), default='auto', help='auto takes a GPU where there is one')
    parser.add_argument('--out', type=Path, default=Path('work_dirs/benchmark/report.json'), help='default %(default)s')
    parser.add_argument('--add', action='store_true', help='keep what an earlier --out holds and this run does not measure')
    parser.add_argument('--page', type=Path, help='also write the report as Markdown')
    parser.add_argument('--compare', type=Path, help='an older JSON; exit code 1 if a ratio got worse by more than 15 %%')
    return parser.parse_args()


def measure_all(args: argparse.Namespace, old: Report | None) -> int:
    """Every step of the plan that ``--out`` does not hold yet, then the page."""
    options = ['--out', str(args.out), '--device', args.device]
    run_plan(lambda: read_report(args.out).rows if args.out.exists() else [], options)
    report = read_report(args.out)
    write_page(args.page or args.out.with_suffix('.md'), report)
    print(f'wrote {args.out} and {args.page or args.out.with_suffix(".md")}')
    return 1 if old and print_comparison(report.rows, old.rows) else 0


def main() -> int:
    args = parse_args()
    old = read_report(args.compare) if args.compare else None
    if args.all:
        return measure_all(args, old)
    device = args.device if args.device != 'auto' else 'cuda' if torch.cuda.is_available() else 'cpu'
    torch.set_num_threads(1)
    machine = describe_machine(device, small=bool(args.size) and max(args.size) < 10_000)
    rows = []
    for threads in args.threads:
        settings = Settings(args.size and tuple(args.size), args.rounds, threads, device)
        rows += run_suite(args.only, settings, machine.peak_gflops * threads, args.what)
    for row in rows:
        row.command, row.commit = measuring_command(sys.argv[1:]), state_of_code()
    report = Report(machine, rows)
    if args.add:
        report = add_to(args.out, report)
    write_report(args.out, report)
    draw_chart(args.out.with_suffix('.png'), report.rows)
    if args.page:
        write_page(args.page, report)
    print_rows(rows)
    print(f'wrote {args.out} and {args.out.with_suffix(".png").name}{os.linesep if old else ""}')
    return 1 if old and print_comparison(rows, old.rows) else 0


if __name__ == '__main__':
    run(main)
