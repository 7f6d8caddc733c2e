"""Archives of Point3R: weights under original names, inputs, results, settings."""

from collections.abc import Mapping
from functools import cache

import numpy as np
import torch
from fixture_paths import fixture_folder
from torch import Tensor


@cache
def archive(name: str) -> Mapping[str, np.ndarray]:
    with np.load(fixture_folder('point3r') / f'{name}.npz') as file:
        return {key: file[key] for key in file.files}


def tensor(name: str, key: str) -> Tensor:
    return torch.from_numpy(archive(name)[key])


def setting(name: str, key: str) -> int:
    return int(archive(name)[f'cfg/{key}'])


def weights(name: str, renamed: Mapping[str, str]) -> dict[str, Tensor]:
    """The weights whose original names begin with a key of ``renamed``, which gives way to its value."""
    found = {}
    for key in archive(name):
        for theirs, ours in renamed.items():
            if key.startswith(f'param/{theirs}'):
                found[ours + key.removeprefix(f'param/{theirs}')] = tensor(name, key)
    return found


def assert_equals(result: Tensor, expected: Tensor, what: str, tolerance: float = 1e-5) -> None:
    """Within ``tolerance`` of the largest expected value."""
    assert result.shape == expected.shape, what
    error = float((result - expected).abs().max() / expected.abs().max())
    assert error <= tolerance, f'{what}: {error:.2e} > {tolerance:.0e}'
