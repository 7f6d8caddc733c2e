"""Shared by all tests: importable helpers and one thread, so that results do not depend on the machine's load."""

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent))
torch.set_num_threads(1)
