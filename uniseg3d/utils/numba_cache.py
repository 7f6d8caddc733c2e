"""Where numba keeps what it compiled, also on machines where it would find no place and give up."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

PACKAGE = Path(__file__).parents[1]


def ensure_cache() -> None:
    """Give numba a folder of this process where neither the package nor the user's cache may be written to.

    A new folder, and not a known one: in that, others could leave code for us to run.
    """
    if 'NUMBA_CACHE_DIR' in os.environ or os.access(PACKAGE, os.W_OK) or os.access(_existing(_user_cache()), os.W_OK):
        return
    folder = tempfile.mkdtemp(prefix='uniseg3d-numba-')
    os.environ['NUMBA_CACHE_DIR'] = folder
    atexit.register(shutil.rmtree, folder, ignore_errors=True)


def _user_cache() -> Path:
    return Path(os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache'))


def _existing(folder: Path) -> Path:
    """``folder``, or the nearest one above it that is there."""
    return next((path for path in (folder, *folder.parents) if path.is_dir()), folder)
