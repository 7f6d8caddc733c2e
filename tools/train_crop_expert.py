"""Teach a small expert to name objects in photos, from the frames of a prepared data set: minutes on one core.

example:
  python tools/train_crop_expert.py data/rooms --out work_dirs/rooms_crops.safetensors
"""

import argparse
from pathlib import Path

from uniseg3d.apis.crop_experts import teach_crop_expert
from uniseg3d.utils.cli import positive_int, run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('data_root', type=Path, help='folder of the data set: frames/ and uniseg3d_infos_train.json')
    parser.add_argument('--out', type=Path, required=True, help='file for the expert (.safetensors)')
    parser.add_argument('--scenes', type=positive_int, help='use the first scenes only')
    parser.add_argument('--every', type=positive_int, default=2, help='use every N-th frame; default %(default)s')
    parser.add_argument('--steps', type=positive_int, default=2500, help='default %(default)s')
    parser.add_argument('--seed', type=int, default=0, help='default %(default)s')
    args = parser.parse_args()
    teach_crop_expert(args.data_root, args.out, scenes=args.scenes, every=args.every, steps=args.steps, seed=args.seed)


if __name__ == '__main__':
    run(main)
