"""Train a model."""

from torch.distributed.elastic.multiprocessing.errors import record

from uniseg3d.engine.arguments import parse_run, run_parser
from uniseg3d.engine.launch import run_training
from uniseg3d.engine.options import TrainOptions
from uniseg3d.utils.cli import run

EXAMPLES = """
  python tools/train.py configs/semantic_baseline_rooms.py
  python tools/train.py configs/semantic_baseline_rooms.py --resume             go on after an interruption
  python tools/train.py configs/semantic_baseline_rooms.py --cfg-options train_cfg.max_iters=100
  tools/dist_train.sh configs/semantic_baseline_rooms.py 2                      two processes, GPUs or not
"""


@record
def main() -> None:
    parser = run_parser('Train the model of a config.', EXAMPLES)
    parser.add_argument(
        '--resume',
        nargs='?',
        const='auto',
        default='',
        metavar='CHECKPOINT',
        help='continue a run exactly where it stopped, also in the middle of an epoch: from CHECKPOINT, or without it from the '
        'newest good checkpoint in the work dir (a fresh start if there is none)',
    )
    parser.add_argument('--amp', action='store_true', help='mixed precision: float16 on GPUs, bfloat16 on CPUs')
    parser.add_argument(
        '--auto-scale-lr',
        action='store_true',
        help='scale the learning rate with the batch, from auto_scale_lr.base_batch_size',
    )
    run_training(TrainOptions(**parse_run(parser)))


if __name__ == '__main__':
    run(main)
