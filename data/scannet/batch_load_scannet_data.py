"""Export raw ScanNet scans to .npy files; run it inside data/scannet, or anywhere with full paths.

Example:
    cd data/scannet && python batch_load_scannet_data.py --workers 8
"""

import argparse
from pathlib import Path

from uniseg3d.datasets.preparation.export_batch import ExportSettings
from uniseg3d.datasets.preparation.export_scannet import export_scannet
from uniseg3d.datasets.preparation.faults import report_faults
from uniseg3d.datasets.preparation.scan_export import SUPERPOINTS
from uniseg3d.utils.cli import positive_int, run


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--max_num_point', type=positive_int, help='keep at most this many points per scan; default: all')
    parser.add_argument('--output_folder', type=Path, default='./scannet_instance_data', help='where the arrays go')
    parser.add_argument('--train_scannet_dir', type=Path, default='scans', help='annotated scans (train and val)')
    parser.add_argument('--test_scannet_dir', type=Path, default='scans_test', help='scans without annotation')
    parser.add_argument(
        '--label_map_file',
        type=Path,
        default='meta_data/scannetv2-labels.combined.tsv',
        help='table from raw categories to ids',
    )
    parser.add_argument(
        '--train_scan_names_file',
        type=Path,
        default='meta_data/scannet_train.txt',
        help='names of the annotated scans, one per line',
    )
    parser.add_argument(
        '--test_scan_names_file',
        type=Path,
        default='meta_data/scannetv2_test.txt',
        help='names of the scans without annotation, one per line',
    )
    parser.add_argument('--scannet200', action='store_true', help='store ScanNet200 ids instead of nyu40 ids')
    parser.add_argument(
        '--superpoints', choices=sorted(SUPERPOINTS), default='mesh', help='cut the mesh, or for coarse meshes the cloud'
    )
    parser.add_argument('--workers', type=positive_int, default=1, help='processes; scans are independent of each other')
    return parser.parse_args()


def main() -> int:
    args = parse_args()
    settings = ExportSettings(args.output_folder, args.label_map_file, args.scannet200, args.max_num_point, args.superpoints)
    report = export_scannet(
        settings,
        train=(args.train_scannet_dir, args.train_scan_names_file),
        test=(args.test_scannet_dir, args.test_scan_names_file),
        workers=args.workers,
    )
    return report_faults(report.faults)


if __name__ == '__main__':
    run(main)
