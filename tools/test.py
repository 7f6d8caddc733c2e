"""Test a model."""

from torch.distributed.elastic.multiprocessing.errors import record

from uniseg3d.engine.arguments import parse_run, run_parser
from uniseg3d.engine.launch import run_test
from uniseg3d.engine.options import TestOptions
from uniseg3d.engine.report import print_metrics
from uniseg3d.utils.cli import positive_int, run

EXAMPLES = """
  python tools/test.py configs/semantic_baseline_rooms.py work_dirs/semantic_baseline_rooms
  python tools/test.py CONFIG CHECKPOINT --show-dir pictures --dump predictions
  python tools/evaluate.py predictions                                          score them again, without the model
  python tools/test.py CONFIG CHECKPOINT --format-only submission \\
      --cfg-options test_dataloader.dataset.info_file=uniseg3d_infos_test.json      submit the split without labels
  tools/dist_test.sh CONFIG CHECKPOINT 2
"""


@record
def main() -> None:
    parser = run_parser('Measure a checkpoint on the test data of a config.', EXAMPLES)
    parser.add_argument(
        'checkpoint',
        help='weights (.pth, .safetensors), or a work dir: its newest good checkpoint; or the word untrained',
    )
    parser.add_argument('--dump', metavar='DIR', help='write every prediction, to be scored again by tools/evaluate.py')
    parser.add_argument('--show-dir', metavar='DIR', help='draw the first scenes; tasks.png shows all tasks of three of them')
    parser.add_argument(
        '--show-count', type=positive_int, default=8, metavar='N', help='how many scenes --show-dir draws (default: 8)'
    )
    parser.add_argument('--tta', action='store_true', help='let augmented copies vote; the config lists them as tta_pipelines')
    parser.add_argument(
        '--clicks',
        type=positive_int,
        metavar='R',
        help='measure also how masks improve when a simulated user corrects them, up to R clicks per object',
    )
    parser.add_argument(
        '--format-only',
        nargs='?',
        const='',
        metavar='DIR',
        help='measure nothing, write files for the ScanNet benchmark: class ids and instances (default DIR: <work dir>/format)',
    )
    print_metrics(run_test(TestOptions(**parse_run(parser))))


if __name__ == '__main__':
    run(main)
