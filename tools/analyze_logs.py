"""Draw the curves of a run."""

import argparse
from pathlib import Path

from uniseg3d.engine.curves import draw_curves, read_curves, summary
from uniseg3d.utils.cli import run


def main() -> None:
    parser = argparse.ArgumentParser(
        description='Summarise what a run logged and draw it as PNG curves; an interrupted and resumed run is one run.',
        epilog='example:\n  python tools/analyze_logs.py work_dirs/semantic_baseline_rooms --keys loss miou',
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('path', help='work dir, one of its time-stamped folders, or a scalars.json')
    parser.add_argument('--keys', nargs='+', help='curves to draw (default: all but time and memory)')
    parser.add_argument('--out', help='folder for the pictures (default: curves/ beside the log)')
    args = parser.parse_args()
    curves = read_curves(args.path)
    print(summary(curves))
    path = Path(args.path)
    for picture in draw_curves(curves, args.out or (path if path.is_dir() else path.parent) / 'curves', args.keys):
        print(picture)


if __name__ == '__main__':
    run(main)
