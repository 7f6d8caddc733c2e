"""Archives of PanSt3R and of the image systems before it: weights under original names, inputs, results, settings."""

from collections.abc import Mapping
from functools import cache

import numpy as np
import torch
from fixture_paths import fixture_folder
from torch import Tensor

TOLERANCE = 5e-6  # times one plus the largest expected value


@cache
def archive(name: str, system: str = 'panst3r') -> Mapping[str, np.ndarray]:
    with np.load(fixture_folder(system) / f'{name}.npz') as file:
        return {key: file[key] for key in file.files}


def tensor(name: str, key: str) -> Tensor:
    return torch.from_numpy(archive(name)[key])


def setting(name: str, key: str) -> float:
    return archive(name)[f'cfg.{key}'].item()


def weights(name: str, prefix: str = '') -> dict[str, Tensor]:
    """The weights whose names begin with ``prefix``, without it."""
    found = (key for key in archive(name) if not key.startswith(('in.', 'out.', 'cfg.')) and key.startswith(prefix))
    return {key.removeprefix(prefix): tensor(name, key) for key in found}


def assert_equals(result: Tensor, name: str, key: str, tolerance: float = TOLERANCE) -> None:
    expected = tensor(name, f'out.{key}')
    assert result.shape == expected.shape, key
    error, allowed = (result - expected).abs().max(), tolerance * (1 + expected.abs().max())
    assert error <= allowed, f'{key}: {error:.2e} > {allowed:.2e}'
