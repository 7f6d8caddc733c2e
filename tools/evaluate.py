"""Score predictions that tools/test.py --dump wrote."""

import argparse

from uniseg3d.engine.arguments import add_overrides
from uniseg3d.engine.report import print_metrics
from uniseg3d.engine.rescore import rescore
from uniseg3d.utils.cli import run

EXAMPLES = """examples:
  python tools/evaluate.py work_dirs/semantic_baseline_rooms/predictions
  python tools/evaluate.py configs/semantic_baseline_rooms.py predictions       with the metrics of another config
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description='Score predictions again, without the model: after a change of a metric, or on another machine.',
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('config', nargs='?', help='config with test_dataloader and test_evaluator (default: the one in DIR)')
    parser.add_argument('folder', metavar='DIR', help='folder that tools/test.py --dump wrote')
    add_overrides(parser)
    args = parser.parse_args()
    print_metrics(rescore(args.folder, args.config, args.cfg_options))


if __name__ == '__main__':
    run(main)
