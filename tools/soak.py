"""Work for a long time at everything at once, and see whether answers stay right and memory stays flat.

Programs ask the API about scans and photos while people come to the viewer, ask, bring files, take results home and leave;
some of the files cannot be read. Every answer must equal, bit by bit, that of the same request made alone before. In the last
third of the time the process may hold no more memory than in the second, and no more files and threads than at the beginning.

The models are those that come with the package. Needs Linux and viser (requirements/demo.txt).

Example:
    python tools/soak.py --minutes 30 --out work_dirs/soak.json
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from soaking.crowd import Outcome, alone, ask_together
from soaking.material import make_material
from soaking.programs import of_photos, of_refusals, of_scans
from soaking.visitors import of_visits
from soaking.watch import Watch, growth, leaks

from uniseg3d.apis import ImagesInferencer
from uniseg3d.commands.view import make_host
from uniseg3d.commands.view import parse_args as view_options
from uniseg3d.demo.server import Viewer
from uniseg3d.utils.cli import positive_float, positive_int, run
from uniseg3d.utils.files import write_text

GIB = 1 << 30


def parse_args(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--minutes', type=positive_float, default=30, help='default %(default)s')
    parser.add_argument('--people', type=positive_int, default=4, help='who ask at the same time; default %(default)s')
    parser.add_argument('--rooms', type=positive_int, default=2, help='scans that are asked about; default %(default)s')
    parser.add_argument('--growth', type=positive_float, default=0.02, help='share of memory; default %(default)s')
    parser.add_argument('--seed', type=int, default=0, help='another seed, another order; default %(default)s')
    parser.add_argument('--out', type=Path, help='.json of everything that was measured')
    return parser.parse_args(arguments)


def main() -> int:
    args = parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = soak(Path(folder), args)
    if args.out:
        write_text(args.out, json.dumps(report, indent=1))
    for sentence in (*report['wrong'][:10], *report['leaks']):
        print(f'FAULT: {sentence}')
    return 1 if report['wrong'] or report['leaks'] else 0


def soak(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Everything from the first file to the last number."""
    print('making scans and photos', flush=True)
    material = make_material(folder, args.rooms)
    host = make_host(view_options([str(material.scans[0]), '--quiet', '--tmp-dir', str(folder)]))
    viewer = Viewer(host, port=0)
    try:
        images = ImagesInferencer.load()
        asks = [*of_scans(images.segmenter, material), *of_photos(images, material), *of_refusals(images.segmenter, material)]
        asks += of_visits(viewer, material)
        print(f'asking {len(asks)} requests alone, then together for {args.minutes:g} minutes', flush=True)
        with open(os.devnull, 'w') as nothing, redirect_stdout(nothing):
            expected = alone(asks)
            with Watch() as watch:
                outcome = ask_together(asks, expected, 60 * args.minutes, args.people, args.seed)
                time.sleep(1)  # pages are closed a moment after their people left
    finally:
        viewer.stop()
    print_table(outcome)
    first, last = watch.looks[0], watch.looks[-1]
    held = f'{first.bytes / GIB:.2f} GiB at the beginning, {last.bytes / GIB:.2f} at the end'
    print(f'{outcome.count} requests, {len(outcome.wrong)} answered otherwise than alone')
    print(f'memory: {held}, {growth(watch.looks):+.2%} from the second third of the time to the last')
    return {
        'minutes': args.minutes,
        'people': args.people,
        'torch': torch.__version__,
        'requests': {name: len(times) for name, times in outcome.seconds.items()},
        'wrong': outcome.wrong,
        'growth': growth(watch.looks),
        'leaks': leaks(watch.looks, args.growth),
        'looks': [asdict(one) for one in watch.looks[:: max(len(watch.looks) // 60, 1)]],
    }


def print_table(outcome: Outcome) -> None:
    """How often each was asked, and how long it took."""
    print(f'{"request":52} times  median   worst (s)')
    for name, times in outcome.seconds.items():
        if times:
            print(f'{name:52} {len(times):5}  {statistics.median(times):6.2f}  {max(times):6.2f}')


if __name__ == '__main__':
    run(main)
