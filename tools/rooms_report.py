"""Describe a folder of procedural rooms and check that they are as difficult as they must be.

Prints counts by split and class, the kinds of sentences, and the guards: a classifier that sees one point at a time must
fail, classes must share colours and sizes, scans must have holes, sentences must need their nouns. A guard that fails
gives exit code 1. Rare classes and sets of a few rooms are shown but not judged: chance alone sets their colours.

Example:
    python tools/rooms_report.py data/rooms --workers 2
"""

import argparse
from pathlib import Path

from uniseg3d.rooms.report import report_rooms, report_text
from uniseg3d.utils.cli import positive_int, run
from uniseg3d.utils.errors import DataError


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        'folder', type=Path, nargs='?', default=Path('data/rooms'), help='made by make_rooms.py; default %(default)s'
    )
    parser.add_argument('--workers', type=positive_int, default=1, help='processes that read scans; default %(default)s')
    parser.add_argument(
        '--steps',
        type=positive_int,
        default=800,
        help='training steps of the point classifier; default %(default)s, fewer weaken it',
    )
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    report = report_rooms(args.folder, args.workers, args.steps)
    print(report_text(report))
    failing = [guard.name for guard in report.guards if not guard.holds]
    if failing:
        raise DataError(f'{args.folder} does not meet {len(failing)} of its guards: {"; ".join(failing)}')


if __name__ == '__main__':
    run(main)
