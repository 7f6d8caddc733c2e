"""Export the RGB-D frames of .sens recordings: color/<i>.jpg, depth/<i>.png (mm), pose/<i>.txt, intrinsic/*.txt per scene.

What is exported is not exported again, so an interrupted run can simply be repeated. Frames without a pose are left out. A
recording that was cut off gives the frames that it has; it is named at the end with its first missing frame, and the exit
code is 1.

Examples:
    python tools/extract_frames.py data/scannet/scans --out data/scannet/frames --every 20 --workers 8
    python tools/extract_frames.py data/scannet/scans --out frames --scenes data/scannet/meta_data/scannetv2_val.txt
"""

import argparse
from pathlib import Path

from uniseg3d.datasets.preparation.export_batch import read_scene_names
from uniseg3d.datasets.preparation.export_frames import export_frames, frame_jobs, recorded_scenes
from uniseg3d.datasets.preparation.faults import report_faults
from uniseg3d.utils.cli import positive_int, run


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('scans', type=Path, help='folder with <scene>/<scene>.sens')
    parser.add_argument('--out', type=Path, required=True, help='where <scene>/color and so on go')
    parser.add_argument(
        '--scenes', type=Path, metavar='FILE', help='names of the scenes, one per line; default: all recordings'
    )
    parser.add_argument('--every', type=positive_int, default=20, help='export every N-th frame (default: 20)')
    parser.add_argument('--keep-lost', action='store_true', help='also frames without a pose; their poses are -inf')
    parser.add_argument('--workers', type=positive_int, default=1, help='processes; scenes are independent of each other')
    return parser.parse_args()


def main() -> int:
    args = parse_args()
    scenes = read_scene_names(args.scenes) if args.scenes else recorded_scenes(args.scans)
    report = export_frames(frame_jobs(args.scans, args.out, scenes, args.every, args.keep_lost), args.workers)
    print(f'{args.out}: {len(scenes)} scenes, {report}')
    return report_faults(report.faults)


if __name__ == '__main__':
    run(main)
