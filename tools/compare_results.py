"""Put the metrics of several test runs side by side."""

import argparse
from pathlib import Path

from rich.console import Console

from uniseg3d.engine.results import comparison, read_results
from uniseg3d.utils.cli import run


def main() -> None:
    parser = argparse.ArgumentParser(
        description='Put the metrics of several test runs side by side, the newest run of each work dir.',
        epilog='example:\n  python tools/compare_results.py work_dirs/a work_dirs/b --keys miou pq',
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('paths', nargs='+', type=Path, help='work dirs of tools/test.py, or their metrics files')
    parser.add_argument('--keys', nargs='+', help='metrics to show (default: all)')
    args = parser.parse_args()
    names = [path.stem for path in args.paths]
    columns = names if len(set(names)) == len(names) else [str(path) for path in args.paths]
    runs = {column: read_results(path) for column, path in zip(columns, args.paths, strict=True)}
    Console().print(comparison(runs, args.keys))


if __name__ == '__main__':
    run(main)
