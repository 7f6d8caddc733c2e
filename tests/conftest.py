"""Shared by all tests: one thread, so that results do not depend on the machine's load."""

import os
import shutil
from importlib.util import find_spec

os.environ['OMP_NUM_THREADS'] = '1'  # before torch reads it; processes that tests start inherit it

import pytest
import torch

torch.set_num_threads(1)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that need what is not everywhere run where it is: the full set of references, a browser and what drives it."""
    unmet = [] if 'UNISEG3D_FIXTURES' in os.environ else ['full_set']
    if shutil.which('chromium') is None or not (find_spec('viser') and find_spec('playwright')):
        unmet.append('browser')
    left_out = [item for item in items if any(item.get_closest_marker(name) for name in unmet)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
