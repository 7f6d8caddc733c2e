"""Segment your own scans; the same as ``uniseg3d infer``. See --help."""

from uniseg3d.commands.infer import main
from uniseg3d.utils.cli import run

if __name__ == '__main__':
    run(main)
