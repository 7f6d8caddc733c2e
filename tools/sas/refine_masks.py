"""Make the rough masks of synthesized pictures exact. Masks that are there are kept.

Example:
    python tools/sas/refine_masks.py configs/sas_stage1_rooms.py

Next step: tools/sas/measure_capability.py
"""

import argparse

from uniseg3d.apis.sas_capability import refine_masks
from uniseg3d.apis.sas_setup import Priors
from uniseg3d.datasets.preparation.faults import report_faults
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
    return report_faults(refine_masks(priors))


if __name__ == '__main__':
    run(main)
