"""Reconstruct photos, a video or a live folder of frames; the same as ``uniseg3d reconstruct``. See --help."""

from uniseg3d.commands.reconstruct import main
from uniseg3d.utils.cli import run

if __name__ == '__main__':
    run(main)
