"""Draw pictures that show one class of the vocabulary each, with rough masks of it. Pictures that are there are kept.

Example:
    python tools/sas/synthesize_images.py configs/sas_stage1_rooms.py

Next step: tools/sas/refine_masks.py
"""

import argparse

from uniseg3d.apis.sas_capability import synthesize_images
from uniseg3d.apis.sas_setup import Priors
from uniseg3d.engine.arguments import add_overrides
from uniseg3d.engine.config import load_config
from uniseg3d.utils.cli import run


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', help='with a section priors')
    add_overrides(parser)
    return parser.parse_args()


def main() -> int:
    args = parse_args()
    priors = Priors(load_config(args.config, args.cfg_options))
    made = synthesize_images(priors)
    print(', '.join(f'{name} {count}' for name, count in made.items()))
    return 0


if __name__ == '__main__':
    run(main)
