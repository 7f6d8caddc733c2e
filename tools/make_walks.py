"""Make walks through procedural rooms: posed RGB-D frames as close together as those of a video.

Example:
    python tools/make_walks.py --out data/walks --train 400 --val 40 --frames 24 --workers 2

Next step: bash tools/dist_train.sh configs/dust3r_tiny_rooms.py 2
The same seed gives the same files. An interrupted run can simply be repeated; finished walks are kept.
"""

import argparse
from pathlib import Path

from uniseg3d.rooms.make_walks import make_walks
from uniseg3d.utils.cli import positive_int, run


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', type=Path, default=Path('data/walks'), help='folder of the data set; default %(default)s')
    parser.add_argument('--train', type=int, default=400, help='number of training rooms; default %(default)s')
    parser.add_argument(
        '--val', type=int, default=40, help='rooms with furniture that training never shows; default %(default)s'
    )
    parser.add_argument('--frames', type=positive_int, default=24, help='frames per room; default %(default)s')
    parser.add_argument('--labels', action='store_true', help='also write class and object of every pixel')
    parser.add_argument('--seed', type=int, default=0, help='another seed, other rooms; default %(default)s')
    parser.add_argument(
        '--workers', type=positive_int, default=2, help='processes; any number gives the same files; default %(default)s'
    )
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    make_walks(args.out, args.train, args.val, args.frames, args.seed, args.workers, args.labels)
    print(f'{args.out}: {args.train + args.val} walks of {args.frames} frames each')


if __name__ == '__main__':
    run(main)
