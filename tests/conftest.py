"""Shared by all tests: one thread, so that results do not depend on the machine's load."""

import os

os.environ['OMP_NUM_THREADS'] = '1'  # before torch reads it; processes that tests start inherit it

import pytest
import torch

torch.set_num_threads(1)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests of archives that are too large for the repository run where the full set of references is named."""
    if 'UNISEG3D_FIXTURES' in os.environ:
        return
    large = [item for item in items if item.get_closest_marker('full_set')]
    if large:
        config.hook.pytest_deselected(items=large)
        items[:] = [item for item in items if item not in large]
