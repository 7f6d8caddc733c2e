"""Group the points of your own scans into superpoints: meshes by the bends of their surface, raw clouds by voxels.

Reads .ply, .npy ([N, 3] x y z in metres, or [N, 6] with colours 0..255) and .bin (float32 [N, 6], as in points/ of a
prepared data set), and writes <stem>.superpoints.npy: one id from 0 to M-1 per point.

Examples:
    python tools/make_superpoints.py scan.ply
    python tools/make_superpoints.py data/rooms/points --out superpoints --workers 2 --quality data/rooms
"""

import argparse
import math
from itertools import zip_longest
from pathlib import Path
from typing import get_args

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from uniseg3d.apis.superpoints import Method, SuperpointOptions, SuperpointResult, make_superpoints
from uniseg3d.superpoints import CloudSuperpointOptions, SupervoxelOptions
from uniseg3d.utils.cli import positive_int, run

BAR = 60  # characters of the longest
MESH, CLOUD, SUPERVOXELS = SuperpointOptions(), CloudSuperpointOptions(), SupervoxelOptions()


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('inputs', type=Path, nargs='+', help='files, or folders of them')
    parser.add_argument('--out', type=Path, help='folder of the results; default: beside each input')
    parser.add_argument(
        '--format',
        choices=('npy', 'bin'),
        default='npy',
        help='bin writes <scene>.bin int64, as super_points/ of a prepared data set; default %(default)s',
    )
    parser.add_argument(
        '--method',
        choices=get_args(Method),
        default='auto',
        help='auto takes the mesh where a file has triangles, else cloud; supervoxels are compact pieces of one size',
    )
    parser.add_argument(
        '--quality', type=Path, metavar='DATA_ROOT', help='prepared data set to measure the superpoints against'
    )
    parser.add_argument('--workers', type=positive_int, default=1, help='processes; default %(default)s')
    parser.add_argument(
        '--cache', type=Path, default=Path('work_dirs/superpoints'), help='folder of earlier results; default %(default)s'
    )
    parser.add_argument('--no-cache', action='store_true', help='compute everything anew')
    mesh = parser.add_argument_group('meshes')
    mesh.add_argument(
        '--k-threshold', type=float, default=MESH.k_threshold, help='larger, larger superpoints; default %(default)s'
    )
    mesh.add_argument(
        '--min-vertices', type=int, default=MESH.min_vertices, help='smaller ones join a neighbour; default %(default)s'
    )
    cloud = parser.add_argument_group('raw clouds')
    cloud.add_argument('--voxel-size', type=float, help='metres; default: the smallest that closes the surface')
    cloud.add_argument(
        '--cloud-k', type=float, default=CLOUD.k_threshold, help='larger, larger superpoints; default %(default)s'
    )
    cloud.add_argument(
        '--color-weight', type=float, default=CLOUD.color_weight, help='0 looks at shape alone; default %(default)s'
    )
    cloud.add_argument(
        '--min-voxels', type=int, default=CLOUD.min_voxels, help='smaller ones join a neighbour; default %(default)s'
    )
    supervoxels = parser.add_argument_group('supervoxels')
    supervoxels.add_argument(
        '--supervoxel-size', type=float, default=SUPERVOXELS.size, help='metres between their seeds; default %(default)s'
    )
    return parser.parse_args()


def print_results(results: list[SuperpointResult]) -> None:
    table = Table()
    table.add_column('file', overflow='fold')
    for column in ('method', 'points', 'superpoints', 'sizes 10/50/90 %', 'reachable mIoU', 'instance IoU', 'boundaries kept'):
        table.add_column(column, justify='right')
    for result in results:
        quality = result.quality
        if quality is not None:
            scores = (quality.achievable_miou, quality.achievable_instance_iou, quality.boundary_recall)
            sizes = '/'.join(map(str, quality.size_quantiles[1:4]))
            numbers = (str(result.points), str(quality.count), sizes, *('' if s is None else f'{s:.3f}' for s in scores))
            table.add_row(escape(result.target.name), result.method, *numbers)
    Console(width=140).print(table)


def print_sizes(results: list[SuperpointResult]) -> None:
    """Histogram of the superpoints of all files by their number of points."""
    histograms = [result.quality.size_histogram for result in results if result.quality is not None]
    counts = [sum(column) for column in zip_longest(*histograms, fillvalue=0)]
    table = Table('points', 'superpoints', '')
    for power, count in enumerate(counts):
        if count:
            table.add_row(f'{2**power}-{2 ** (power + 1) - 1}', str(count), '#' * math.ceil(BAR * count / max(counts)))
    if counts:
        Console(width=140).print(table)


def main() -> int:
    args = parse_args()
    cloud = CloudSuperpointOptions(args.voxel_size, args.cloud_k, args.color_weight, args.min_voxels)
    supervoxels = SupervoxelOptions(args.supervoxel_size, args.voxel_size)
    options = SuperpointOptions(args.method, args.k_threshold, args.min_vertices, cloud, supervoxels)
    cache = None if args.no_cache else args.cache
    results = make_superpoints(args.inputs, args.out, options, args.format, args.quality, cache, args.workers)
    print_results(results)
    print_sizes(results)
    failed = [result.error for result in results if result.error]
    print(f'{len(results) - len(failed)} written, {len(failed)} failed')
    for error in failed:
        print(f'failed: {error}')
    return 1 if failed else 0


if __name__ == '__main__':
    run(main)
