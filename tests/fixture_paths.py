"""Where the numerical references lie: a small set in the repository, or the folder UNISEG3D_FIXTURES names."""

import os
from pathlib import Path


def fixture_folder(system: str) -> Path:
    """Folder of one system's archives. Missing archives make tests fail, never skip."""
    root = Path(os.environ.get('UNISEG3D_FIXTURES', Path(__file__).parent / 'fixtures'))
    return root / system
