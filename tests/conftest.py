"""Shared by all tests: one thread, so that results do not depend on the machine's load."""

import os
import shutil
from importlib.util import find_spec
from typing import Any

os.environ['OMP_NUM_THREADS'] = '1'  # before torch reads it; processes that tests start inherit it

import pytest
import torch

torch.set_num_threads(1)
EXPERTS = ('transformers', 'diffusers', 'segment_anything', 'nltk')


def left_out() -> dict[str, str]:
    """Marks of tests that need what is not here, and why."""
    reasons = {}
    if 'UNISEG3D_FIXTURES' not in os.environ:
        reasons['full_set'] = 'UNISEG3D_FIXTURES names no full set of references'
    if shutil.which('chromium') is None:
        reasons['browser'] = 'no chromium is on the PATH'
    elif not (find_spec('viser') and find_spec('playwright')):
        reasons['browser'] = 'viser or playwright is not installed'
    missing = [name for name in EXPERTS if find_spec(name) is None]
    if missing:
        reasons['experts'] = f'{", ".join(missing)} not installed (requirements/priors.txt)'
    if find_spec('triton') is None:
        reasons['interpreter'] = 'triton is not installed (requirements/triton.txt)'
    return reasons


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Says what was left out, so that nobody takes it for tested."""
    for mark, reason in left_out().items():
        terminalreporter.write_line(f'left out: tests marked {mark}, for {reason}')


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that need what is not everywhere run where it is: the full set of references, a browser and what drives it."""
    unmet = [item for item in items if any(item.get_closest_marker(mark) for mark in left_out())]
    if unmet:
        config.hook.pytest_deselected(items=unmet)
        items[:] = [item for item in items if item not in unmet]
