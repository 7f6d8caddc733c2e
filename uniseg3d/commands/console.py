"""The command ``uniseg3d``."""

import sys
from collections.abc import Sequence
from importlib import import_module

import uniseg3d
from uniseg3d.utils.cli import run

COMMANDS = {
    'infer': 'segment scans or photos: semantic, instance, panoptic, by clicks, sentences and class names',
    'reconstruct': 'photos, a video or a live folder of frames to points and cameras',
    'view': 'a scan, photos or results in the browser; click, type, export',
    'export': 'write a scan or a result as .ply, .glb or .npz, gaussians in either convention',
    'info': 'say what a file, a folder of results or a config holds',
    'check-env': 'show what this machine and installation can do',
}
HELP = """usage: uniseg3d COMMAND ...

Understand 3D scenes: segment point clouds and photos by class, by click, by sentence.

commands:
{commands}

examples:
  uniseg3d view my_scan.ply
  uniseg3d infer my_scan.ply --text "the chair next to the table"
  uniseg3d infer photos/ --classes chair,table --click 3.jpg:120,80
  uniseg3d export work_dirs/infer/my_scan panoptic.glb --layer panoptic

Without weights the small models answer that come with the package; they know procedural rooms (uniseg3d info rooms-points).
Every command explains itself: uniseg3d COMMAND --help"""


def help_text() -> str:
    """What ``uniseg3d --help`` prints."""
    width = max(map(len, COMMANDS))
    return HELP.format(commands='\n'.join(f'  {name.ljust(width)}  {what}' for name, what in COMMANDS.items()))


def call(arguments: Sequence[str]) -> int | None:
    """Do what ``arguments`` say; only the module of the command is imported."""
    name, *rest = arguments or ['--help']
    if name in ('-h', '--help', 'help'):
        print(help_text())
        return 0
    if name == '--version':
        print(uniseg3d.__version__)
        return 0
    if name not in COMMANDS:
        print(f'error: uniseg3d has no command {name!r}; there are {", ".join(COMMANDS)}', file=sys.stderr)
        return 2
    module = import_module(f'uniseg3d.commands.{name.replace("-", "_")}')
    result: int | None = module.main(rest, f'uniseg3d {name}')
    return result


def main() -> None:
    """Entry point of the installed command."""
    run(lambda: call(sys.argv[1:]))
