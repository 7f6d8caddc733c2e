"""The toy system is a module of its own, so that configs in other processes can name it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
