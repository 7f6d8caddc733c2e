"""Draw what a model finds in the views of held-out rooms: photos, true segments, found ones. Examples:

python tools/draw_segments.py configs/panst3r_tiny_rooms.py work_dirs/panst3r_tiny_rooms --out segments.png
python tools/draw_segments.py CONFIG WEIGHTS --also configs/panst3r_tiny_rooms_linked.py --scenes 0 9
"""

import argparse
from pathlib import Path

from uniseg3d.utils.cli import run
from uniseg3d.visualization.view_segments import draw_segments


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', type=Path, help='config whose model and test data to take')
    parser.add_argument('weights', type=Path, help='weights, or a work dir')
    parser.add_argument('--also', type=Path, action='append', default=[], help='a further model that takes the same weights')
    parser.add_argument('--scenes', type=int, nargs='+', default=[0], help='places in the test data (default: the first)')
    parser.add_argument('--data-root', help='folder of the data in place of that of the config')
    parser.add_argument('--out', type=Path, default=Path('segments.png'), help='.png or .jpg (default: %(default)s)')
    return parser.parse_args()


if __name__ == '__main__':
    args = parse_args()
    run(lambda: draw_segments([args.config, *args.also], args.weights, args.scenes, args.out, args.data_root))
