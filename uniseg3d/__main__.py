"""``python -m uniseg3d`` is ``uniseg3d``."""

from uniseg3d.commands.console import main

if __name__ == '__main__':
    main()
