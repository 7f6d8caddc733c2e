"""Print a config with all its bases resolved."""

import argparse

from uniseg3d.engine.arguments import add_overrides
from uniseg3d.engine.config import config_text, load_config
from uniseg3d.utils.cli import run


def main() -> None:
    parser = argparse.ArgumentParser(
        description='Print what a config says once its bases and --cfg-options are merged.',
        epilog='example:\n  python tools/print_config.py configs/semantic_baseline_rooms.py --key model.encoder',
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('config', help='path of the config')
    parser.add_argument('--key', help='print only this part, e.g. model.encoder')
    add_overrides(parser)
    args = parser.parse_args()
    print(config_text(load_config(args.config, args.cfg_options), args.key))


if __name__ == '__main__':
    run(main)
