"""Segment your own scans: semantic, instance and panoptic maps, and whatever you click, describe or name.

Give any cloud or mesh, with or without colours and triangles; nothing needs a label. The unit, the direction of up, the floor
and the walls are found, and everything that was guessed is said. Large scenes are cut in tiles that fit into memory.

Folders of photos and videos become points first, by a network that reconstructs (--lift); nothing need be known about cameras.
A pixel of a photo can be clicked on, too.

Two small models come with the package and answer if none is named: rooms-points (scans) and rooms-photos (frames of a walk, as
close together as those of a video). They learned procedural rooms in minutes and know nothing else: they show what the commands
do. uniseg3d info rooms-points says what they reach. For real scenes name weights that were trained on such.

Every scan gets a folder below --out:
    semantic.ply instances.ply panoptic.ply    the points of your file in colours; property "label" holds the number
    clicks.ply texts.ply named.ply             the same for what you asked
    labels.npz                                 the numbers alone, one row per point of the file (-1 = none)
    prediction.npz                             everything, per superpoint (uniseg3d.io.predictions.read_prediction)
    summary.json                               classes, objects with scores and boxes, answers
    <scan>.png ...                             pictures

Examples:
    %(prog)s my_scan.ply
    %(prog)s my_scan.ply --config CONFIG --weights WORK_DIR
    %(prog)s my_scan.ply --click 1.2,0.4,0.5 --click 2,1,0.3 --not 2.5,1,0.3
    %(prog)s my_scan.obj --up y --unit cm --text "the chair next to the table" --text "the tall lamp"
    %(prog)s scans/ --classes chair,lamp,piano --out results
    %(prog)s building.las --max-memory 8 --no-pictures
    %(prog)s photos/ --classes chair,table,plant --click 3.jpg:120,80
    %(prog)s photos/ --lift MUSt3R_512.pth --weights WORK_DIR
    %(prog)s video.mp4 --lift work_dirs/point3r_tiny_rooms --lift-config point3r_tiny_rooms --lift-size 64
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from uniseg3d.apis.cloud_files import find_clouds
from uniseg3d.apis.images_inferencer import ImagesInferencer
from uniseg3d.apis.infer_files import infer_files, names_given
from uniseg3d.apis.own_cloud import AUTO, CloudOptions
from uniseg3d.apis.photo_source import holds_photos
from uniseg3d.apis.reconstruct import ReconstructOptions
from uniseg3d.apis.reconstruction_models import load_reconstruction_model
from uniseg3d.apis.result_files import Request
from uniseg3d.apis.scene_inferencer import SceneInferencer
from uniseg3d.apis.shipped import PHOTOS, photo_size
from uniseg3d.apis.user_prompts import Click, PhotoClick
from uniseg3d.commands.parsers import described_parser
from uniseg3d.geometry.units import UNITS
from uniseg3d.geometry.up_axis import UPS
from uniseg3d.utils.cli import positive_int
from uniseg3d.utils.errors import DataError

CONFIG = 'uniseg3d_1xb4_rooms'


class AddClick(argparse.Action):
    """--click begins an object, --also and --not say more about the one before."""

    def __call__(self, parser, namespace, values, option_string=None) -> None:  # type: ignore[no-untyped-def]
        groups = namespace.clicks or []
        if option_string != '--click' and not groups:
            parser.error(f'{option_string} belongs to a --click before it')
        try:
            click = _click(values, option_string != '--not')
        except ValueError:
            parser.error(f'{option_string} needs x,y,z, three numbers with commas, or PHOTO:u,v; got {values!r}')
        namespace.clicks = [*groups, [click]] if option_string == '--click' else [*groups[:-1], [*groups[-1], click]]


def _click(text: str, positive: bool) -> Click | PhotoClick:
    """``x,y,z`` of a scan or ``PHOTO:u,v``."""
    photo, _, place = text.rpartition(':')
    if photo:
        u, v = map(float, place.split(','))
        return PhotoClick(photo, (u, v), positive)
    x, y, z = map(float, place.split(','))
    return Click((x, y, z), positive)


PLACES = ('--click', '--also', '--not')


def parse_args(arguments: Sequence[str] | None = None, prog: str = 'python tools/infer.py') -> argparse.Namespace:
    """What a command line asks for."""
    parser = described_parser(__doc__, prog)
    parser.add_argument('inputs', type=Path, nargs='+', help='clouds or meshes, or folders of them, or of photos; videos')
    parser.add_argument('--out', type=Path, default=Path('work_dirs/infer'), help='folder of the results; default %(default)s')
    model = parser.add_argument_group('model')
    model.add_argument(
        '--config', help=f'config file or its bare name; a program, trust it; default that of rooms-points, or {CONFIG}'
    )
    model.add_argument(
        '--weights',
        help='checkpoint, work dir of a training, or a shipped model; default work_dirs/<config>, without both rooms-points',
    )
    model.add_argument('--device', help='cpu, cuda, cuda:1, ...; default: a GPU where there is one')
    ask = parser.add_argument_group('ask')
    for option, text in (
        ('--click', 'a place on an object, in the coordinates of the file; repeat for more objects (--click=-1,2,0 if x < 0); '
         'of photos PHOTO:U,V, a pixel of one of them, u to the right, v down'),
        ('--also', 'another place on the object of the --click before'),
        ('--not', 'a place that does not belong to it'),
    ):  # fmt: skip
        ask.add_argument(option, dest='clicks', action=AddClick, metavar='X,Y,Z', help=text)
    ask.add_argument('--text', dest='texts', action='append', default=[], help='a sentence about an object; repeat for more')
    ask.add_argument(
        '--classes', help='names to find instances of: a,b,c, a .txt file, a .json class list, or a list such as scannet200'
    )
    ask.add_argument('--min-score', type=float, default=0.3, help='of instances in the files; default %(default)s')
    scan = parser.add_argument_group('scan')
    scan.add_argument(
        '--unit', choices=(AUTO, *UNITS), default=AUTO, help='of the coordinates; default: by the height of the scan'
    )
    scan.add_argument('--up', choices=(AUTO, *UPS), default=AUTO, help='--up=-y for a minus; default: where the floor is not')
    scan.add_argument(
        '--no-align', action='store_true', help='do not level the floor and turn the walls along the axes for the model'
    )
    scan.add_argument('--spacing', type=float, help='metres between points that the model sees; default: as in its training')
    photos = parser.add_argument_group('photos')
    photos.add_argument(
        '--lift', metavar='WEIGHTS', help=f'of a network that reconstructs, as for uniseg3d reconstruct; default {PHOTOS}'
    )
    photos.add_argument('--lift-config', help='its config; files of DUSt3R, MASt3R and MUSt3R need none')
    photos.add_argument('--lift-size', type=positive_int, help='long side that it sees; default 512, of rooms-photos 64')
    photos.add_argument('--scale', type=float, help='metres in one unit of what it says; default: found out')
    large = parser.add_argument_group('large scenes')
    large.add_argument(
        '--tile', type=float, help='metres; default: scenes that are wider than rooms, or do not fit into memory, are cut'
    )
    large.add_argument('--max-memory', type=float, metavar='GIB', help='default: four fifths of what is free')
    large.add_argument('--no-pictures', action='store_true')
    large.add_argument('--no-clouds', action='store_true', help='write no .ply files')
    return parser.parse_args(_with_their_places(sys.argv[1:] if arguments is None else arguments))


def _with_their_places(words: Sequence[str]) -> list[str]:
    """``words`` with each place joined to its option: argparse takes one that begins with a minus for another option."""
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] in PLACES and word[:1] == '-' and word[1:2] in tuple('.0123456789'):
            joined[-1] += f'={word}'
        else:
            joined.append(word)
    return joined


def main(arguments: Sequence[str] | None = None, prog: str = 'python tools/infer.py') -> int:
    """Answer; 1 where something failed."""
    args = parse_args(arguments, prog)
    files, photos = _told_apart(args)
    names = None if args.classes is None else names_given(args.classes)
    inferencer = SceneInferencer(
        args.config or (None if args.weights is None else CONFIG),
        args.weights,
        args.device,
        CloudOptions(args.unit, args.up, not args.no_align),
        spacing=args.spacing,
        tile=args.tile,
        max_memory=args.max_memory,
    )
    request = Request(args.clicks or (), args.texts, names, args.min_score, not args.no_clouds, not args.no_pictures)
    results = infer_files(inferencer, files, args.out, request) if files else []
    if photos:
        lifting = _lifting(args, inferencer)
        results += infer_files(inferencer, photos, args.out, request, lifting.open)
    for result in results:
        counts = ', '.join(f'{count:,} {what}' for what, count in result.counts.items())
        print(f'failed: {result.error}' if result.error else f'{result.folder}: {counts}')
        for sentence in result.left_out:
            print(f'  left out: {sentence}')
    failed = sum(result.error is not None for result in results)
    print(f'{len(results) - failed} done, {failed} failed')
    return 1 if failed or any(result.left_out for result in results) else 0


def _told_apart(args: argparse.Namespace) -> tuple[list[Path], list[Path]]:
    """Files of clouds, and folders of photos and videos; where a folder holds both, --lift decides."""
    photos = [path for path in args.inputs if holds_photos(path) and (args.lift or not _clouds_in(path))]
    clouds = [path for path in args.inputs if path not in photos]
    return find_clouds(clouds) if clouds else [], photos


def _clouds_in(path: Path) -> list[Path]:
    try:
        return find_clouds([path])
    except DataError:
        return []


def _lifting(args: argparse.Namespace, inferencer: SceneInferencer) -> ImagesInferencer:
    model = load_reconstruction_model(args.lift, args.lift_config).to(inferencer.device)
    size = args.lift_size or photo_size(args.lift, ReconstructOptions.size)
    return ImagesInferencer(inferencer, model, ReconstructOptions(size), args.scale)
