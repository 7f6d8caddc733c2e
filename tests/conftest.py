"""Shared by all tests: importable helpers and one thread, so that results do not depend on the machine's load."""

import os
import sys
from pathlib import Path

os.environ['OMP_NUM_THREADS'] = '1'  # before torch reads it; processes that tests start inherit it

import torch

sys.path.insert(0, str(Path(__file__).parent))
torch.set_num_threads(1)
