"""Write a released weight file under the names of this package, and say what became of every entry.

Training and testing read released files as they are; convert for a smaller file without the state of a run, or to see
what fits.

examples:
  python tools/convert_checkpoint.py work_dirs/ckpts/model_best.pth uniseg3d.safetensors
  python tools/convert_checkpoint.py work_dirs/pretrained/sstnet_scannet.pth unet.safetensors --system sstnet
  python tools/convert_checkpoint.py oneformer3d_1xb4_scannet.pth oneformer3d.safetensors --system oneformer3d
  python tools/convert_checkpoint.py DUSt3R_ViTLarge_BaseDecoder_512_dpt.pth dust3r.safetensors --system dust3r
  python tools/convert_checkpoint.py work_dirs/my_training small.safetensors --config configs/uniseg3d_1xb4_rooms.py --half
"""

import argparse
import json
from pathlib import Path

from uniseg3d.apis.checkpoints import DEFAULT_CONFIG, SYSTEMS, WHOLE_MODEL, convert_checkpoint
from uniseg3d.utils.cli import run
from uniseg3d.utils.files import write_text


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('source', type=Path, help='the released file, or a checkpoint or work dir of a training')
    parser.add_argument('out', type=Path, help='.safetensors or .pth')
    parser.add_argument(
        '--system', choices=SYSTEMS, default=WHOLE_MODEL,
        help='of sstnet, or oneformer3d without heads, the U-Net must be complete, else the whole model; default %(default)s',
    )  # fmt: skip
    parser.add_argument(
        '--config', help=f'config of the model; default {DEFAULT_CONFIG}, or what a file of dust3r, mast3r, oneformer3d shows'
    )
    parser.add_argument('--half', action='store_true', help='write half precision: half the size, enough to predict with')
    parser.add_argument('--report', type=Path, metavar='JSON', help='write the fate of every entry')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    done = convert_checkpoint(args.source, args.out, args.system, args.config, args.half)
    if args.report:
        write_text(args.report, json.dumps(done.records(), indent=1))
    print(f'{done.summary()}\n{args.out}: {done.written} entries')


if __name__ == '__main__':
    run(main)
