"""Write a scan, or a layer of results, for other programs; gaussians in either convention.

Examples:
    %(prog)s work_dirs/infer/my_scan panoptic.glb --layer panoptic
    %(prog)s my_scan.las my_scan.ply
    %(prog)s work_dirs/infer/my_scan semantic.npz --layer semantic
    %(prog)s gaussians.ply for_siu3r.ply --convention siu3r

Points are written in metres with z up, whatever the file had; .npz holds xyz, colors and, where the layer has them, labels.
"""

from collections.abc import Sequence
from pathlib import Path

from uniseg3d.commands.parsers import described_parser
from uniseg3d.demo.layer import Layer
from uniseg3d.demo.shown import Shown
from uniseg3d.demo.shown_files import read_shown
from uniseg3d.io.arrays import write_npz
from uniseg3d.io.gaussians import CONVENTIONS, write_gaussians
from uniseg3d.utils.errors import ConfigError
from uniseg3d.visualization.export import export_cloud


def main(arguments: Sequence[str] | None = None, prog: str = 'uniseg3d export') -> None:
    """Write one file."""
    parser = described_parser(__doc__, prog)
    parser.add_argument('source', type=Path, help='scan, folder of results or of a reconstruction, or gaussians')
    parser.add_argument('out', type=Path, help='.ply, .glb or .npz')
    parser.add_argument('--layer', help='rgb, semantic, instances, ...; default: the first that is there')
    parser.add_argument('--convention', choices=CONVENTIONS, help='write the gaussians themselves, as .ply')
    args = parser.parse_args(arguments)
    shown = read_shown(args.source)
    if args.convention:
        if shown.gaussians is None:
            raise ConfigError(f'{args.source} holds no gaussians; leave out --convention')
        write_gaussians(args.out, shown.gaussians, args.convention)
    else:
        write_layer(args.out, shown, args.layer)
    print(args.out)


def write_layer(out: Path, shown: Shown, name: str | None = None) -> None:
    """Points in the colours of a layer, by default the first."""
    layer = _chosen(shown, name)
    if out.suffix == '.npz':
        labels = {} if layer.values is None else {'labels': layer.values}
        write_npz(out, xyz=shown.xyz, colors=layer.colors, **labels)
    else:
        export_cloud(out, shown.xyz, layer.colors)


def _chosen(shown: Shown, name: str | None) -> Layer:
    name = name or next(iter(shown.layers))
    if name not in shown.layers:
        raise ConfigError(f'{shown.name} has no layer {name!r}; there are {", ".join(shown.layers)}')
    return shown.layers[name]
