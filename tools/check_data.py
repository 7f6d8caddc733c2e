"""Check a prepared data set: missing files, wrong lengths, NaN, ids out of range, sentences about objects that do not exist.

Of a sound one it also says which share of the objects and sentences no superpoint belongs to. That is no fault: small flat
objects share their superpoints with what they lie on, and nothing that predicts superpoints can find them.

Example:
    python tools/check_data.py data/rooms --workers 2
    python tools/check_data.py data/s3dis --classes s3dis13
"""

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from uniseg3d.datasets.check import Problem, check_dataset
from uniseg3d.evaluation.empty_truth import empty_truth
from uniseg3d.utils.cli import positive_int, run


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('root', type=Path, help='folder with points/, super_points/, ... and *_infos_<split>.json or .pkl')
    parser.add_argument('--scannet200', action='store_true', help='the semantic masks hold ScanNet200 ids')
    parser.add_argument(
        '--classes', default='scannet20', help='class list whose ids the semantic masks hold; default: %(default)s'
    )
    parser.add_argument('--workers', type=positive_int, default=1, help='processes; scenes are independent of each other')
    return parser.parse_args()


def print_table(problems: list[Problem]) -> None:
    table = Table(title=f'{len(problems)} problems')
    for column in ('scene', 'file', 'what is wrong'):
        table.add_column(column, overflow='fold')
    for problem in problems:
        table.add_row(escape(problem.scene_id), escape(problem.file), escape(problem.fault))
    Console(width=None if sys.stdout.isatty() else 160).print(table)


def main() -> int:
    args = parse_args()
    count, problems = check_dataset(args.root, args.scannet200, args.workers, args.classes)
    if problems:
        print_table(problems)
        return 1
    print(f'{args.root}: {count} scenes, no problems')
    for name, counts in empty_truth(args.root, args.scannet200, args.workers, args.classes).items():
        if counts.objects:
            print(f'{name}: {counts}')
    return 0


if __name__ == '__main__':
    run(main)
