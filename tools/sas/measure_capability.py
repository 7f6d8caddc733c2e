"""Measure how well every expert finds each class of the vocabulary on synthesized pictures. What was measured is kept.

Example:
    python tools/sas/measure_capability.py configs/sas_stage1_rooms.py

Next step: tools/sas/fuse_features.py
"""

import argparse

from uniseg3d.apis.sas_capability import measure_capability
from uniseg3d.apis.sas_report import capability_table
from uniseg3d.apis.sas_setup import Priors
from uniseg3d.datasets.preparation.faults import report_faults
from uniseg3d.engine.arguments import add_overrides
from uniseg3d.engine.config import load_config
from uniseg3d.utils.cli import run


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', help='with a section priors')
    parser.add_argument('--expert', action='append', metavar='NAME', help='only this one; may be given several times')
    add_overrides(parser)
    return parser.parse_args()


def main() -> int:
    args = parse_args()
    priors = Priors(load_config(args.config, args.cfg_options))
    faults = measure_capability(priors, args.expert)
    print(capability_table(priors, args.expert))
    return report_faults(faults)


if __name__ == '__main__':
    run(main)
