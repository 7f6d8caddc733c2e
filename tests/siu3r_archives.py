"""Archives of SIU3R: weights under original names, inputs, results, settings."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import torch
from fixture_paths import fixture_folder
from torch import Tensor

TOLERANCE = 1e-5  # of the largest expected value
LIST = Path(__file__).parent / 'models' / 'systems' / 'siu3r_state_dict.txt'


@cache
def archive(name: str) -> Mapping[str, np.ndarray]:
    with np.load(fixture_folder('siu3r') / f'{name}.npz') as file:
        return {key: file[key] for key in file.files}


def tensor(name: str, key: str) -> Tensor:
    return torch.from_numpy(archive(name)[key])


def sizes(name: str, key: str) -> list[int]:
    return archive(name)[key].tolist()


def weights(name: str, prefix: str = 'w/') -> dict[str, Tensor]:
    return {key.removeprefix(prefix): tensor(name, key) for key in archive(name) if key.startswith(prefix)}


def assert_equals(result: Tensor, expected: Tensor, what: str, tolerance: float = TOLERANCE) -> None:
    assert result.shape == expected.shape, f'{what}: {tuple(result.shape)}, expected {tuple(expected.shape)}'
    if expected.numel():
        error, allowed = (result.double() - expected.double()).abs().max(), tolerance * expected.double().abs().max()
        assert error <= allowed, f'{what}: {error:.2e} > {allowed:.2e}'


def count(names: Mapping[str, Tensor], pattern: str) -> int:
    """How many numbers the group of ``pattern`` takes in names."""
    return len({found[1] for found in map(re.compile(pattern).match, names) if found})


@cache
def listed() -> Mapping[str, tuple[int, ...]]:
    """Names and shapes of the released weights."""
    found = {}
    for line in LIST.read_text(encoding='utf-8').splitlines():
        if not line.startswith('#'):
            name, shape, *_ = line.split('  ')
            found |= dict.fromkeys(_spread(name), tuple(map(int, re.findall(r'\d+', shape))))
    return found


def _spread(name: str) -> list[str]:
    """All names that one with ``{a..b}`` stands for."""
    repeated = re.search(r'\{(\d+)\.\.(\d+)\}', name)
    if not repeated:
        return [name]
    numbers = range(int(repeated[1]), int(repeated[2]) + 1)
    return [full for number in numbers for full in _spread(name.replace(repeated[0], str(number), 1))]
