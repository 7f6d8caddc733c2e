"""Lift what 2D experts see to the points of all scenes of a config. Scenes that are done are skipped.

Example:
    python tools/sas/extract_priors.py configs/sas_stage1_rooms.py --expert lines

Next step: tools/sas/synthesize_images.py
"""

import argparse

from uniseg3d.apis.sas_extract import extract_priors
from uniseg3d.apis.sas_setup import Priors
from uniseg3d.datasets.preparation.faults import report_faults
from uniseg3d.engine.arguments import add_overrides
from uniseg3d.engine.config import load_config
from uniseg3d.utils.cli import run


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', help='with a section priors')
    parser.add_argument('--expert', action='append', metavar='NAME', help='only this one; may be given several times')
    parser.add_argument('--split', action='append', choices=('train', 'val', 'test'), help='default: train and val')
    add_overrides(parser)
    return parser.parse_args()


def main() -> int:
    args = parse_args()
    priors = Priors(load_config(args.config, args.cfg_options))
    return report_faults(extract_priors(priors, args.expert, args.split or ('train', 'val')))


if __name__ == '__main__':
    run(main)
