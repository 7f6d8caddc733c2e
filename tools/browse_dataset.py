"""Draw what the pipeline of a config feeds the model: augmented clouds, labels, superpoints and prompts."""

import argparse
from pathlib import Path

from mmengine.registry import init_default_scope

from uniseg3d.engine.arguments import add_overrides
from uniseg3d.engine.config import load_config
from uniseg3d.registry import DATASETS
from uniseg3d.utils.cli import positive_int, run
from uniseg3d.utils.errors import ConfigError
from uniseg3d.visualization.browse import browse, sheet_of_rooms

EXAMPLES = """examples:
  python tools/browse_dataset.py configs/semantic_baseline_rooms.py --split train --count 4
  python tools/browse_dataset.py configs/semantic_baseline_rooms.py --split val --count 12 --contact-sheet rooms.jpg"""


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', type=Path, help='config whose data set and pipeline to show')
    parser.add_argument(
        '--split', choices=('train', 'val', 'test'), default='train', help='train shows augmented scenes (default: %(default)s)'
    )
    parser.add_argument('--count', type=positive_int, default=4, help='number of scenes, from the start (default: %(default)s)')
    parser.add_argument('--epoch', type=int, default=0, help='each epoch augments differently (default: %(default)s)')
    parser.add_argument('--out', type=Path, default=Path('work_dirs/browse'), help='folder of pictures (default: %(default)s)')
    parser.add_argument(
        '--contact-sheet', type=Path, metavar='FILE', help='one picture of all scenes, small and named, instead (.png, .jpg)'
    )
    add_overrides(parser)
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    if args.epoch < 0:
        raise ConfigError(f'--epoch must be 0 or more, got {args.epoch}')
    config = load_config(args.config, args.cfg_options)
    init_default_scope('uniseg3d')
    dataset = DATASETS.build(config[f'{args.split}_dataloader'].dataset)
    dataset.set_epoch(args.epoch)
    samples = (dataset[index] for index in range(min(args.count, len(dataset))))
    if args.contact_sheet:
        print(sheet_of_rooms(samples, args.contact_sheet, dataset.classes))
        return
    for facts, path in browse(samples, args.out, dataset.classes):
        print(f'{facts}\n  {path}', flush=True)


if __name__ == '__main__':
    run(main)
