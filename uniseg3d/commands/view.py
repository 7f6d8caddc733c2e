"""Look at a scene in the browser; with a model also click, type, name and export.

Opens a scan (any format of uniseg3d infer), the folder of one scan, a folder of results of uniseg3d infer or reconstruct, or a
.ply of gaussians. Without --weights there is nothing to ask, only to look at. Click on an object to segment it, click again
with "does not belong" (or shift) to correct it, keep it under a label, type sentences and class names, and export all of it.

Several people may use it at once: each has their own prompts and answers. It listens on this machine only unless
--server-name says otherwise; there is no password, so think before you open it to a network.

Examples:
    %(prog)s my_scan.ply --weights work_dirs/uniseg3d_1xb4_rooms
    %(prog)s work_dirs/infer/my_scan
    %(prog)s gaussians.ply
    %(prog)s --weights work_dirs/uniseg3d_1xb4_rooms
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from uniseg3d.apis.own_cloud import AUTO, CloudOptions
from uniseg3d.apis.scene_inferencer import SceneInferencer
from uniseg3d.apis.user_prompts import as_texts
from uniseg3d.commands.infer import CONFIG
from uniseg3d.commands.parsers import described_parser
from uniseg3d.demo.host import Host
from uniseg3d.demo.sandbox import Sandbox, UploadLimits
from uniseg3d.demo.server import LOOPBACK, Viewer
from uniseg3d.geometry.units import UNITS
from uniseg3d.geometry.up_axis import UPS
from uniseg3d.utils.cli import positive_int
from uniseg3d.utils.errors import ConfigError


def parse_args(arguments: Sequence[str] | None = None, prog: str = 'uniseg3d view') -> argparse.Namespace:
    """What a command line asks for."""
    parser = described_parser(__doc__, prog)
    parser.add_argument('scene', type=Path, nargs='?', help='what every page shows first; default: people upload their own')
    model = parser.add_argument_group('model')
    model.add_argument('--config', default=CONFIG, help='config file or its bare name; default %(default)s')
    model.add_argument('--weights', help='checkpoint or work dir of a training; default: only look')
    model.add_argument('--device', help='cpu, cuda, ...; default: a GPU where there is one')
    model.add_argument('--tile', type=float, help='metres, of large scenes')
    model.add_argument('--max-memory', type=float, metavar='GIB', help='default: four fifths of what is free')
    scan = parser.add_argument_group('scan')
    scan.add_argument('--unit', choices=(AUTO, *UNITS), default=AUTO, help='of the coordinates; default %(default)s')
    scan.add_argument('--up', choices=(AUTO, *UPS), default=AUTO, help='default %(default)s')
    server = parser.add_argument_group('server')
    server.add_argument('--server-name', default=LOOPBACK, help='address to listen on; default %(default)s: this machine only')
    server.add_argument(
        '--server-port', type=positive_int, default=8080, help='default %(default)s; taken ones are stepped over'
    )
    server.add_argument('--allow-local-files', type=Path, metavar='ROOT', help='let people open what lies below this folder')
    server.add_argument('--tmp-dir', type=Path, help="where uploads go; default: the system's")
    server.add_argument('--upload-mib', type=float, default=300, help='largest file; default %(default)s')
    server.add_argument('--keep-minutes', type=float, default=60, help='uploads that are not used go; default %(default)s')
    return parser.parse_args(arguments)


def make_host(args: argparse.Namespace) -> Host:
    """Model, limits and the first scene, as the command line says."""
    if args.allow_local_files is not None and not args.allow_local_files.is_dir():
        raise ConfigError(f'--allow-local-files {args.allow_local_files} is no folder')
    if args.scene is not None and not args.scene.exists():
        raise ConfigError(f'{args.scene} does not exist; give a scan, a folder of results, or nothing')
    options = CloudOptions(args.unit, args.up)
    limits = UploadLimits(file_mib=args.upload_mib, seconds=60 * args.keep_minutes)
    inferencer = None
    if args.weights is not None:
        as_texts(['a chair'])  # loads the tokenizer: seconds that nobody should wait for with the first sentence
        inferencer = SceneInferencer(
            args.config, args.weights, args.device, options, tile=args.tile, max_memory=args.max_memory
        )
    host = Host(inferencer, Sandbox(limits, args.tmp_dir), local_files=args.allow_local_files, options=options)
    try:
        if args.scene is not None:
            host.open_start(args.scene)
    except BaseException:
        host.close()
        raise
    return host


def main(arguments: Sequence[str] | None = None, prog: str = 'uniseg3d view') -> None:
    """Serve until interrupted."""
    args = parse_args(arguments, prog)
    viewer = Viewer(make_host(args), args.server_name, args.server_port)
    print(f'open {viewer.address} in a browser; Ctrl+C ends', flush=True)
    viewer.wait()
