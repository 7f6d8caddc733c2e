"""Lift class-agnostic 2D masks of frames to the pseudo masks of scans, which stand for objects that nobody annotated.

Reads <masks>/<scene>/<frame>.png (the number of each pixel's mask, 0 = none), the exported frames and the exported scans;
writes pseudo_masks/<scene>.npz. What ScanNet's 20 classes annotate is left out. Scenes that have pseudo masks are skipped.
Run tools/create_data.py afterwards: it enters them into the info files.

Example:
    python tools/lift_masks.py data/scannet --masks data/scannet/sam_masks --frames data/scannet/frames --workers 8
"""

import argparse
from pathlib import Path

from uniseg3d.datasets.preparation.create_data import EXPORT_FOLDER
from uniseg3d.datasets.preparation.export_batch import read_scene_names
from uniseg3d.datasets.preparation.faults import report_faults
from uniseg3d.datasets.preparation.lift_masks import LiftSettings, lift_scenes
from uniseg3d.datasets.scene_dataset import FOLDERS
from uniseg3d.utils.cli import positive_int, run
from uniseg3d.utils.errors import DataError


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('root', type=Path, help='folder of the data set, with the exported scans')
    parser.add_argument('--masks', type=Path, required=True, help='folder with <scene>/<frame>.png')
    parser.add_argument('--frames', type=Path, help='folder with <scene>/depth and so on; default: <root>/frames')
    parser.add_argument(
        '--scenes', type=Path, metavar='FILE', help='names of the scenes, one per line; default: all with masks'
    )
    parser.add_argument('--least', type=positive_int, default=50, help='points of the smallest mask (default: 50)')
    parser.add_argument('--workers', type=positive_int, default=1, help='processes; scenes are independent of each other')
    return parser.parse_args()


def main() -> int:
    args = parse_args()
    if not args.masks.is_dir():
        raise DataError(f'{args.masks} does not exist; write the masks of the frames there, <scene>/<frame>.png')
    scenes = read_scene_names(args.scenes) if args.scenes else sorted(p.name for p in args.masks.iterdir() if p.is_dir())
    out = args.root / FOLDERS['novel']
    settings = LiftSettings(args.root / EXPORT_FOLDER, args.frames or args.root / 'frames', args.masks, out, args.least)
    report = lift_scenes(settings, scenes, args.workers)
    print(f'{out}: {report}')
    return report_faults(report.faults)


if __name__ == '__main__':
    run(main)
