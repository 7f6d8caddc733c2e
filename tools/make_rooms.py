"""Make the procedural rooms: furnished indoor scenes in ScanNet's own file formats, with frames and sentences.

Example:
    python tools/make_rooms.py --out data/rooms --train 200 --val 24 --seed 0 --workers 2

Next step: python tools/create_data.py rooms
The same seed gives the same files. An interrupted run can simply be repeated; finished scenes are kept.
"""

import argparse
from pathlib import Path

from uniseg3d.rooms.make import make_rooms
from uniseg3d.utils.cli import positive_int, run


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', type=Path, default=Path('data/rooms'), help='folder of the data set; default %(default)s')
    parser.add_argument('--train', type=int, default=200, help='number of training rooms; default %(default)s')
    parser.add_argument(
        '--val', type=int, default=24, help='rooms with furniture that training never shows; default %(default)s'
    )
    parser.add_argument('--test', type=int, default=0, help='rooms without labels, as in a benchmark; default %(default)s')
    parser.add_argument('--seed', type=int, default=0, help='another seed, other rooms; default %(default)s')
    parser.add_argument(
        '--workers', type=positive_int, default=2, help='processes; any number gives the same files; default %(default)s'
    )
    parser.add_argument('--sens', action='store_true', help='also write the frames as .sens recordings, as ScanNet has them')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    scenes = make_rooms(args.out, args.train, args.val, args.seed, args.workers, args.sens, args.test)['scenes'].values()
    points, holes, objects = (sum(scene[key] for scene in scenes) for key in ('points', 'hole_share', 'objects'))
    print(
        f'{args.out}: {len(scenes)} rooms; on average {points / len(scenes):.0f} points, '
        f'{objects / len(scenes):.0f} objects, {100 * holes / len(scenes):.0f} % of the surface unseen'
    )


if __name__ == '__main__':
    run(main)
