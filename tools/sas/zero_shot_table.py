"""Measure the method stage by stage, with and without its parts. What was trained and measured before is kept.

Example:
    python tools/sas/zero_shot_table.py configs/sas_stage1_rooms_superpoints.py configs/sas_stage2_rooms_superpoints.py \\
        --seeds 0 1 2

Run the stages in tools/sas first. ``--features`` measures experts and fusion alone.
"""

import argparse
from collections import defaultdict
from pathlib import Path

from uniseg3d.apis.sas_capability import capabilities
from uniseg3d.apis.sas_setup import Priors
from uniseg3d.apis.sas_table import (
    NETWORKS,
    ablated_features,
    feature_table,
    network_rows,
    network_table,
    train_and_test,
)
from uniseg3d.engine.arguments import add_overrides
from uniseg3d.engine.config import load_config
from uniseg3d.utils.cli import run


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('first', help='config of the first stage, with a section priors')
    parser.add_argument('second', nargs='?', help='config of the second stage')
    parser.add_argument('--seeds', type=int, nargs='+', default=[0], help='default: 0')
    parser.add_argument('--rows', nargs='+', choices=NETWORKS, metavar='NAME', help=f'some of: {", ".join(NETWORKS)}')
    parser.add_argument('--features', action='store_true', help='no networks')
    parser.add_argument('--work-dir', type=Path, default=Path('work_dirs/sas_table'), help='default %(default)s')
    add_overrides(parser)
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    config = load_config(args.first, args.cfg_options)
    priors = Priors(config)
    print(feature_table(priors, args.seeds))
    if args.features:
        return
    names = args.rows or [name for name in NETWORKS if name != 'stage 2' or args.second]
    ablated_features(priors, capabilities(priors, priors.expert_names()), args.seeds, ('train',), names)
    results = defaultdict(list)
    for seed in args.seeds:
        for row in network_rows(args.first, args.second, names, seed):
            results[row.name].append(train_and_test(priors, row, config, seed, args.work_dir, args.cfg_options))
    print(network_table(results))


if __name__ == '__main__':
    run(main)
