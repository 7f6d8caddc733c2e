"""Reconstruct photos, a video or a live folder of frames: points, cameras, depths and confidences; with PanSt3R also things.

Without --weights the small model rooms-photos answers, which comes with the package: it learned walks through procedural rooms,
frames as close together as those of a video, and shows what the command does; for real photos name weights that know such.

Examples:
    %(prog)s photos/
    %(prog)s photos/ --weights work_dirs/dust3r_tiny_rooms --config configs/dust3r_tiny_rooms.py --size 64
    %(prog)s photos/ --weights DUSt3R_ViTLarge_BaseDecoder_512_dpt.pth --intrinsics 1520 1520 960 540
    %(prog)s photos/ --weights MUSt3R_512.pth --keyframes 20 --cameras colmap/
    %(prog)s photos/ --weights panst3r_v2_512_5ds.pth --classes scannetpp100,piano --merge qubo
    %(prog)s video.mp4 --weights point3r_512.pth --config configs/point3r_finetune.py --every 5
    %(prog)s --stream incoming/ --weights work_dirs/point3r_tiny_rooms --config configs/point3r_tiny_rooms.py --size 64
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch

from uniseg3d.apis.keyframes import fitting_keyframes, retrieved_keyframes
from uniseg3d.apis.known_cameras import pinhole
from uniseg3d.apis.memory_forecast import GIB, memory_budget
from uniseg3d.apis.photo_source import frame_count, frame_names, read_frames, watch_folder
from uniseg3d.apis.reconstruct import (
    ReconstructOptions,
    check_cameras,
    check_intrinsics_use,
    forecast,
    memory_sentence,
    reconstruct,
)
from uniseg3d.apis.reconstruction import write_reconstruction
from uniseg3d.apis.reconstruction_models import load_reconstruction_model
from uniseg3d.apis.segmented_photos import asked_classes
from uniseg3d.apis.shipped import PHOTOS, photo_size
from uniseg3d.commands.parsers import described_parser
from uniseg3d.io.colmap import read_colmap
from uniseg3d.models import DUSt3R
from uniseg3d.models.postprocess.view_merging import MERGES
from uniseg3d.utils.cli import device_name, positive_float, positive_int
from uniseg3d.utils.errors import ConfigError, DataError
from uniseg3d.utils.files import require_writable


def parse_args(arguments: Sequence[str] | None = None, prog: str = 'python tools/reconstruct.py') -> argparse.Namespace:
    """What a command line asks for."""
    parser = described_parser(__doc__, prog)
    parser.add_argument('source', type=Path, nargs='?', help='folder of photos, or a video file')
    parser.add_argument('--stream', type=Path, metavar='FOLDER', help='take frames as they appear here; a file END ends it')
    parser.add_argument(
        '--weights', help=f'weight file, or the work dir of a training; default {PHOTOS}, which comes with the package'
    )
    parser.add_argument('--config', help='config of the model; released files of all but Point3R need none')
    parser.add_argument('--out', type=Path, default=Path('work_dirs/reconstruction'), help='default %(default)s')
    parser.add_argument('--size', type=positive_int, help='long side that the network sees; default 512, of rooms-photos 64')
    parser.add_argument('--every', type=positive_int, default=1, help='use every so many-th frame; default %(default)s')
    parser.add_argument('--share', type=float, default=0.7, help='of each frame, its surest pixels; default %(default)s')
    parser.add_argument('--graph', help='pairs of a two-view network, such as complete or swin-3-noncyclic')
    parser.add_argument(
        '--keyframes', type=positive_int, help='photos that are remembered; default: as the config says, if memory allows it'
    )
    parser.add_argument(
        '--retrieval', action='store_true', help="remember photos that differ, as PanSt3R's file tells; default: evenly spread"
    )
    parser.add_argument('--classes', type=asked_classes, help='what PanSt3R tells apart: names, files or lists, with commas')
    parser.add_argument('--merge', choices=MERGES, help='how its masks become segments; default: as the config says')
    parser.add_argument(
        '--refinements', type=int, default=0, help='times that MUSt3R is shown those again; default %(default)s'
    )
    parser.add_argument('--cameras', type=Path, help='COLMAP text model with the known cameras of some frames')
    parser.add_argument(
        '--intrinsics', type=float, nargs=4, metavar=('FX', 'FY', 'CX', 'CY'),
        help='known camera of all photos, in their pixels (whole numbers are centres); for pairs',
    )  # fmt: skip
    default_device = 'cuda' if torch.cuda.is_available() else 'cpu'
    parser.add_argument('--device', type=device_name, default=default_device, help='default %(default)s')
    parser.add_argument(
        '--memory', type=positive_float, metavar='GIB', help='use at most so much; default: 80 %% of what is free'
    )
    args = parser.parse_args(arguments)
    if (args.source is None) == (args.stream is None):
        parser.error('give either a source or --stream FOLDER')
    return args


def main(arguments: Sequence[str] | None = None, prog: str = 'python tools/reconstruct.py') -> None:
    """Reconstruct and write."""
    args = parse_args(arguments, prog)
    size = args.size or photo_size(args.weights, ReconstructOptions.size)
    remembered = {'keyframes': args.keyframes, 'refinements': args.refinements}
    told_apart = {'classes': args.classes and tuple(args.classes), 'merge': args.merge}
    options = ReconstructOptions(size, share=args.share, graph=args.graph, **remembered, **told_apart)
    model = load_reconstruction_model(args.weights, args.config).to(args.device)
    if args.graph and not isinstance(model, DUSt3R):
        raise ConfigError(f'--graph {args.graph} says which pairs are shown, but a {type(model).__name__} is shown no pairs')
    count = None if args.stream else frame_count(args.source, args.every)
    intrinsics = None if args.intrinsics is None else pinhole(*args.intrinsics)
    check_intrinsics_use(model, intrinsics)
    cameras = read_colmap(args.cameras) if args.cameras else None
    if cameras is not None:
        names = frame_names(args.source, args.every) if args.source else []
        check_cameras(model, cameras, names or None)
    budget = memory_budget(args.memory)
    options = fitting_keyframes(model, count or 1000, options, budget)
    if args.retrieval:
        options = retrieved_keyframes(model, args.weights, options)
    needed = forecast(model, count or 1000, options)
    print(memory_sentence(needed, count), flush=True)
    if needed > budget:
        raise DataError(f'more than the {budget / GIB:.1f} GiB that may be used; use fewer frames (--every), or --memory')
    frames = watch_folder(args.stream, every=args.every) if args.stream else read_frames(args.source, args.every)
    require_writable(args.out)
    scene = reconstruct(
        model, frames, options, cameras, args.out, count, lambda text: print(text, flush=True), intrinsics=intrinsics
    )
    write_reconstruction(args.out, scene)
    print(f'{args.out}: {len(scene.views)} frames, {len(scene.points)} points, {len(scene.faults)} frames left out')
