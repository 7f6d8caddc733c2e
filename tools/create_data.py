"""Turn raw scans into a data set that trains: .bin arrays and uniseg3d_infos_{train,val,test}.json.

Examples:
    python tools/create_data.py scannet --root-path ./data/scannet --out-dir ./data/scannet --extra-tag scannet
    python tools/create_data.py rooms --workers 2
    python tools/create_data.py scannet --texts scanrefer nr3d multi3drefer
    python tools/create_data.py s3dis --root-path ./data/s3dis --workers 8   (likewise replica, scannetpp,
                                                          matterport, nuscenes, openscene)
    python tools/create_data.py scannetpp --root-path ./data/scannetpp --out-dir ./data/scannetpp_views --make-pairs
    python tools/create_data.py scannet_pairs --root-path ./data/scannet --out-dir ./data/scannet_pairs

scannet_pairs makes what SIU3R is trained on, from <root>/frames (tools/extract_frames.py) and the 2D labels of the scans.

With --pairs-dir or --make-pairs the views of ScanNet++ are made, with depth and panoptic labels, instead of point clouds.

ScanNet is exported first, by data/scannet/batch_load_scannet_data.py; for rooms this command does both steps.
What is finished is not done again, so an interrupted run can simply be repeated. Scenes and sentences that cannot be used
are named at the end, and the exit code is 1; everything else is done.
"""

import argparse
from pathlib import Path

from uniseg3d.datasets.preparation.create_data import Options, create_rooms, create_scannet
from uniseg3d.datasets.preparation.descriptions import SOURCES
from uniseg3d.datasets.preparation.faults import report_faults
from uniseg3d.datasets.preparation.matterport import create_matterport
from uniseg3d.datasets.preparation.nuscenes import create_nuscenes
from uniseg3d.datasets.preparation.openscene import create_openscene
from uniseg3d.datasets.preparation.replica import create_replica
from uniseg3d.datasets.preparation.s3dis import create_s3dis
from uniseg3d.datasets.preparation.scannet_pairs import PairOptions, create_scannet_pairs
from uniseg3d.datasets.preparation.scannetpp import create_scannetpp
from uniseg3d.datasets.preparation.scannetpp_labels import PanopticClasses
from uniseg3d.datasets.preparation.scannetpp_views import ViewOptions, create_scannetpp_views, scene_names
from uniseg3d.utils.cli import positive_int, run
from uniseg3d.utils.errors import ConfigError

CREATE = {
    'scannet': create_scannet,
    'rooms': create_rooms,
    's3dis': create_s3dis,
    'replica': create_replica,
    'scannetpp': create_scannetpp,
    'matterport': create_matterport,
    'nuscenes': create_nuscenes,
    'openscene': create_openscene,
}
PAIRS = 'scannet_pairs'


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('dataset', choices=sorted([*CREATE, PAIRS]), help='which layout --root-path has')
    parser.add_argument('--root-path', type=Path, help='folder with the raw or exported scans; default ./data/<dataset>')
    parser.add_argument('--out-dir', type=Path, help='where the data set goes; default: --root-path')
    parser.add_argument('--extra-tag', help='prefix of the info files; by default, and for the name of the data set, uniseg3d')
    parser.add_argument('--workers', type=positive_int, default=1, help='processes; scenes are independent of each other')
    parser.add_argument(
        '--texts',
        nargs='*',
        choices=list(SOURCES),
        default=['scanrefer'],
        help='where sentences come from, of the files that lie in --root-path; default: %(default)s',
    )
    parser.add_argument('--pickles', action='store_true', help="also write the original's uniseg3d_infos_{train,val}.pkl")
    _add_pair_arguments(parser.add_argument_group('pairs of ScanNet'))
    _add_view_arguments(parser.add_argument_group('views of ScanNet++'))
    return parser.parse_args()


def _add_view_arguments(group: argparse._ArgumentGroup) -> None:
    group.add_argument('--pairs-dir', type=Path, help='folder of <scene>/selected_pairs.npz: images to use, and pairs of them')
    group.add_argument('--make-pairs', action='store_true', help='find the pairs: images that show the same surfaces')
    group.add_argument('--every', type=positive_int, default=1, help='with --make-pairs: use every so many images')
    group.add_argument('--scenes', nargs='+', help='names; default: those of splits/ that are there')
    group.add_argument('--target-resolution', type=positive_int, default=920, help='pixels across; default %(default)s')
    group.add_argument('--class-list', type=Path, help='names, one a line; default: top100.txt of the benchmark')
    group.add_argument('--instance-list', type=Path, help='those that are things; default: top100_instance.txt')
    group.add_argument('--mapping-file', type=Path, help='free names to those; default: map_benchmark.csv')
    group.add_argument('--export-crowd', action='store_true', help='keep what is named after a thing but counts as none')
    group.add_argument('--cls-sep', type=positive_int, default=256, help='ids are instance * this + class; default %(default)s')


def _add_pair_arguments(group: argparse._ArgumentGroup) -> None:
    group.add_argument('--size', type=positive_int, default=256, help='side of the squares; default %(default)s')
    group.add_argument('--every-frame', type=positive_int, default=20, help='use every so many frames; default %(default)s')
    group.add_argument('--pairs', type=positive_int, default=6, help='of each scene of val; default %(default)s')
    group.add_argument('--gap', type=int, nargs=2, default=(10, 100), help='frames between two contexts; default %(default)s')
    group.add_argument('--overlap', type=float, nargs=2, default=(0.3, 0.8), help='of two contexts; default %(default)s')


def create_pairs(args: argparse.Namespace) -> int:
    root = args.root_path or Path('data/scannet')
    options = PairOptions(
        args.size, args.every_frame, args.pairs, gap=tuple(args.gap), overlap=tuple(args.overlap), workers=args.workers
    )
    return report_faults(create_scannet_pairs(root, args.out_dir or root / 'pairs', options).faults)


def create_views(args: argparse.Namespace, root: Path) -> int:
    if args.dataset != 'scannetpp' or (args.pairs_dir and args.make_pairs):
        raise ConfigError('--pairs-dir and --make-pairs are for scannetpp, and one of them at a time')
    classes = PanopticClasses.read(root, args.class_list, args.instance_list, args.mapping_file, args.export_crowd)
    options = ViewOptions(classes, args.pairs_dir, args.target_resolution, args.cls_sep, args.every, args.workers)
    made = create_scannetpp_views(root, args.out_dir or root / 'views', args.scenes or scene_names(root), options)
    return report_faults(made.faults)


def main() -> int:
    args = parse_args()
    if args.dataset == PAIRS:
        return create_pairs(args)
    root = args.root_path or Path('data') / args.dataset
    if args.pairs_dir or args.make_pairs:
        return create_views(args, root)
    options = Options(tuple(args.texts), args.pickles, args.workers)
    made = CREATE[args.dataset](root, args.out_dir or root, args.extra_tag or args.dataset, options)
    return report_faults(made.faults)


if __name__ == '__main__':
    run(main)
