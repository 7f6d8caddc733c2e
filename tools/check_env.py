"""Show what this machine and installation can do; the same as ``uniseg3d check-env``."""

from uniseg3d.commands.check_env import main
from uniseg3d.utils.cli import run

if __name__ == '__main__':
    run(main)
