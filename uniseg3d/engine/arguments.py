"""Arguments that the command lines of training and testing share."""

import argparse
import os
from typing import Any

from mmengine.config import DictAction


class _Overrides(DictAction):
    def __call__(self, parser: argparse.ArgumentParser, *args: Any, **kwargs: Any) -> None:
        try:
            super().__call__(parser, *args, **kwargs)
        except ValueError:
            parser.error(f'--cfg-options takes KEY=VALUE pairs, got {" ".join(args[1])}')


def run_parser(description: str, examples: str) -> argparse.ArgumentParser:
    """Parser with the config and what every run accepts."""
    parser = argparse.ArgumentParser(
        description=f'{description} A config is a program: run only configs that you have read or trust. Only local files '
        'are accepted.',
        epilog=f'examples:\n{examples}',
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('config', help='path of the config, e.g. configs/semantic_baseline_rooms.py')
    parser.add_argument('--work-dir', help='folder for logs and checkpoints (default: work_dirs/<name of the config>)')
    add_overrides(parser)
    parser.add_argument(
        '--launcher',
        choices=('none', 'pytorch', 'slurm', 'mpi'),
        default='none',
        help='what started the processes of a distributed run; the dist_*.sh and slurm_*.sh scripts set it',
    )
    parser.add_argument(
        '--seed', type=int, help='seed of weights, data order and augmentation (default: the one in the config)'
    )
    parser.add_argument('--deterministic', action='store_true', help='refuse operations whose result varies from run to run')
    # torch.distributed.launch passes the rank as an argument, torchrun as an environment variable
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0, help=argparse.SUPPRESS)
    return parser


def add_overrides(parser: argparse.ArgumentParser) -> None:
    """``--cfg-options``."""
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=_Overrides,
        default={},
        metavar='KEY=VALUE',
        help='change values of the config, e.g. train_cfg.max_iters=100 train_dataloader.batch_size=2; lists as "[a,b]". A '
        'key that the config does not have is refused as a typo; +KEY=VALUE adds one',
    )


def parse_run(parser: argparse.ArgumentParser) -> dict[str, Any]:
    """Parsed arguments, named as the fields of the run options."""
    args = vars(parser.parse_args())
    os.environ.setdefault('LOCAL_RANK', str(args.pop('local_rank')))
    args['overrides'] = args.pop('cfg_options')
    return args
