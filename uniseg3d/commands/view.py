"""Look at a scene in the browser, click on it, type, name and export.

Opens a scan (any format of uniseg3d infer), the folder of one scan, a folder of results of uniseg3d infer or reconstruct, or a
.ply of gaussians. Click on an object to segment it, click again with "does not belong" (or shift) to correct it, keep it under
a label, type sentences and class names, and export all of it. Pages take photos and videos, too, and make scenes of them; with
--stream they show a scene that grows while another program puts frames into a folder.

If no network is named, the small models answer that come with the package: rooms-points (scans) and rooms-photos (photos). They
learned procedural rooms and know nothing else: they show what the viewer does. Name others by --weights and --lift for real
scenes; --no-model only looks.

Several people may use it at once: each has their own prompts and answers. It listens on this machine only unless
--server-name says otherwise; there is no password, so think before you open it to a network.

Examples:
    %(prog)s my_scan.ply
    %(prog)s my_scan.ply --weights work_dirs/uniseg3d_1xb4_rooms
    %(prog)s work_dirs/infer/my_scan
    %(prog)s gaussians.ply --no-model
    %(prog)s --lift panst3r_v2_512_5ds.pth --lift work_dirs/point3r_tiny_rooms --lift-config point3r_tiny_rooms
    %(prog)s --stream incoming/
"""

import argparse
import math
import sys
from collections.abc import Sequence
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import Any

import torch

from uniseg3d.apis.own_cloud import AUTO, CloudOptions
from uniseg3d.apis.photo_source import watch_folder
from uniseg3d.apis.scene_inferencer import SceneInferencer
from uniseg3d.apis.shipped import PHOTOS, POINTS, shipped_models
from uniseg3d.apis.user_prompts import as_texts
from uniseg3d.commands.infer import CONFIG
from uniseg3d.commands.parsers import described_parser
from uniseg3d.demo.host import Host
from uniseg3d.demo.photo_model import PhotoModel
from uniseg3d.demo.sandbox import Sandbox, UploadLimits
from uniseg3d.demo.server import LOOPBACK, Viewer, check_address
from uniseg3d.geometry.units import UNITS
from uniseg3d.geometry.up_axis import UPS
from uniseg3d.utils.cli import device_name, positive_float, positive_int
from uniseg3d.utils.errors import ConfigError

PORT = 8080
AMP = {'off': 'float32', 'bf16': 'bfloat16', 'fp16': 'float16'}


class AddNetwork(argparse.Action):
    """--lift begins a network, --lift-config says what it is."""

    def __call__(self, parser, namespace, values, option_string=None) -> None:  # type: ignore[no-untyped-def]
        networks: list[tuple[Any, Any]] = list(namespace.lift or ())
        if self.dest == 'lift':
            namespace.lift = [*networks, (values, None)]
        elif not networks:
            parser.error(f'{option_string} belongs to a --lift before it')
        else:
            namespace.lift = [*networks[:-1], (networks[-1][0], values)]


def parse_args(arguments: Sequence[str] | None = None, prog: str = 'uniseg3d view') -> argparse.Namespace:
    """What a command line asks for."""
    return make_parser(prog).parse_args(arguments)


def make_parser(prog: str = 'uniseg3d view') -> argparse.ArgumentParser:
    """All options."""
    parser = described_parser(__doc__, prog)
    parser.add_argument('scene', type=Path, nargs='?', help='what every page shows first; default: people upload their own')
    model = parser.add_argument_group('model')
    model.add_argument('--config', help=f'config file or its bare name; default {CONFIG}, of a shipped model its own')
    model.add_argument('--weights', help=f'checkpoint, work dir of a training, or a shipped model; default {POINTS}')
    model.add_argument('--no-model', action='store_true', help='only look; photos are taken only with --lift')
    model.add_argument('--device', type=device_name, help='cpu, cuda, ...; default: a GPU where there is one')
    model.add_argument('--tile', type=positive_float, help='metres, of large scenes')
    model.add_argument('--max-memory', type=positive_float, metavar='GIB', help='default: four fifths of what is free')
    photos = parser.add_argument_group('photos')
    photos.add_argument(
        '--lift',
        action=AddNetwork,
        metavar='WEIGHTS',
        help=f'of a network that makes scenes of photos; repeat for a choice; default {PHOTOS}',
    )
    photos.add_argument(
        '--lift-config', action=AddNetwork, metavar='CONFIG', help='of the --lift before; released files need none'
    )
    photos.add_argument(
        '--image-size', type=positive_int, help=f'long side that it sees; default 512, of SIU3R 256, of {PHOTOS} its own'
    )
    photos.add_argument('--amp', choices=AMP, default='off', help='precision of most of it; default %(default)s: float32')
    photos.add_argument('--stream', type=Path, metavar='FOLDER', help='show frames as they appear there; a file END ends it')
    scan = parser.add_argument_group('scan')
    scan.add_argument('--unit', choices=(AUTO, *UNITS), default=AUTO, help='of the coordinates; default %(default)s')
    scan.add_argument('--up', choices=(AUTO, *UPS), default=AUTO, help='default %(default)s')
    server = parser.add_argument_group('server')
    server.add_argument('--server-name', default=LOOPBACK, help='address to listen on; default %(default)s: this machine only')
    server.add_argument('--server-port', type=port_number, help=f'default {PORT}; taken ones are stepped over')
    server.add_argument('--viser-port', type=port_number, help='the same: page and 3D view come from one server here')
    server.add_argument('--allow-local-files', type=Path, metavar='ROOT', help='let people open what lies below this folder')
    server.add_argument('--tmp-dir', type=Path, help="where uploads go; default: the system's")
    server.add_argument('--upload-mib', type=positive_float, default=300, help='largest file; default %(default)s')
    server.add_argument(
        '--keep-minutes', type=positive_float, default=60, help='uploads that are not used go; default %(default)s'
    )
    server.add_argument('--camera-animation', action='store_true', help='pages can let their camera circle')
    server.add_argument('--quiet', action='store_true', help='say nothing but the address and errors')
    return parser


def port_number(text: str) -> int:
    """Argparse type of ports."""
    number = positive_int(text)
    if number > 65535:
        raise argparse.ArgumentTypeError(f'expected a port of 1 to 65535, got {text}')
    return number


def check_args(args: argparse.Namespace) -> None:
    """Refuse what cannot be, before models are loaded."""
    for option, folder in (
        ('--allow-local-files', args.allow_local_files),
        ('--tmp-dir', args.tmp_dir),
        ('--stream', args.stream),
    ):
        if folder is not None and not folder.is_dir():
            raise ConfigError(f'{option} {folder} is no folder')
    if args.scene is not None and not args.scene.exists():
        raise ConfigError(f'{args.scene} does not exist; give a scan, a folder of results, or nothing')
    if args.scene is not None and args.stream is not None:
        raise ConfigError('pages begin either with a scene or with a --stream; give one of them')
    if args.server_port and args.viser_port and args.server_port != args.viser_port:
        raise ConfigError(
            f'page and 3D view come from one server here; give one port, not {args.server_port} and {args.viser_port}'
        )
    if args.no_model and (args.weights is not None or args.config is not None):
        raise ConfigError('--no-model loads nothing that answers; leave it out, or --weights and --config')
    if args.no_model and args.lift is None and (args.stream is not None or args.amp != 'off'):
        raise ConfigError('--stream and --amp are for networks that reconstruct photos; name the weights of one by --lift')
    check_address(args.server_name)


def make_host(args: argparse.Namespace) -> Host:
    """Models, limits and the first scene, as the command line says."""
    check_args(args)
    options = CloudOptions(args.unit, args.up)
    limits = UploadLimits(file_mib=args.upload_mib, seconds=60 * args.keep_minutes)
    inferencer = None if args.no_model else load_inferencer(args, options)
    device = args.device or ('cuda' if torch.cuda.is_available() else 'cpu')
    loaded = [PhotoModel.load(weights, config, device, args.image_size, AMP[args.amp]) for weights, config in lifts(args)]
    host = Host(inferencer, named(loaded), Sandbox(limits, args.tmp_dir), local_files=args.allow_local_files, options=options)
    host.about = [f'{name}, {shipped_models()[name].what.rpartition(";")[2].strip()}' for name in shipped_names(args)]
    try:
        if args.scene is not None:
            host.open_start(args.scene)
        if args.stream is not None:
            host.open_stream(watch_folder(args.stream, math.inf))
    except BaseException:
        host.close()
        raise
    return host


def load_inferencer(args: argparse.Namespace, options: CloudOptions) -> SceneInferencer:
    """What answers clicks, sentences and names."""
    as_texts(['a chair'])  # loads the tokenizer: seconds that nobody should wait for with the first sentence
    shipped = args.weights is None or args.weights in shipped_models()
    config = args.config or (None if shipped else CONFIG)
    return SceneInferencer(config, args.weights, args.device, options, tile=args.tile, max_memory=args.max_memory)


def lifts(args: argparse.Namespace) -> list[tuple[str, str | None]]:
    """Weights and config of every network that makes scenes of photos."""
    return args.lift or ([] if args.no_model else [(PHOTOS, None)])


def shipped_names(args: argparse.Namespace) -> list[str]:
    """The models that come with the package and are used here."""
    weights = [] if args.no_model or (args.weights is None and args.config) else [args.weights or POINTS]
    return [name for name in [*weights, *(weights for weights, _ in lifts(args))] if name in shipped_models()]


def named(models: Sequence[PhotoModel]) -> dict[str, PhotoModel]:
    """By what they are; several of a kind are counted."""
    found: dict[str, PhotoModel] = {}
    for model in models:
        kind = type(model.model).__name__
        same = sum(name.split()[0] == kind for name in found)
        found[f'{kind} {same + 1}' if same else kind] = model
    return found


def main(arguments: Sequence[str] | None = None, prog: str = 'uniseg3d view') -> None:
    """Serve until interrupted."""
    args = parse_args(arguments, prog)
    screen = sys.stdout
    with redirect_stdout(None) if args.quiet else nullcontext():
        viewer = Viewer(make_host(args), args.server_name, args.server_port or args.viser_port or PORT, args.camera_animation)
        print(f'open {viewer.address} in a browser; Ctrl+C ends', flush=True, file=screen)
        viewer.wait()
