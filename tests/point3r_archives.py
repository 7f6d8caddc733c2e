"""Archives of Point3R: weights under original names, inputs, results, settings."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import torch
from fixture_paths import fixture_folder
from torch import Tensor

LISTS = Path(__file__).parent / 'models' / 'systems'


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


@cache
def listed() -> Mapping[str, tuple[int, ...]]:
    """Names and shapes of the released weights."""
    found = {}
    for line in (LISTS / 'point3r_state_dict.txt').read_text().splitlines():
        name, _, shape = line.partition('  ')
        repeated = re.search(r'\{0\.\.(\d+)\}', name)
        names = [name.replace(repeated[0], str(i)) for i in range(int(repeated[1]) + 1)] if repeated else [name]
        if not line.startswith('#'):
            found |= dict.fromkeys(names, tuple(map(int, shape.strip(' []').split(','))))
    return found


@cache
def listed_dust3r() -> Mapping[str, tuple[int, ...]]:
    """Names and shapes of DUSt3R's weights with dense heads."""
    linear, dense = (LISTS / 'dust3r_state_dict.txt').read_text().split('\n## ')[1:3]
    body = [line for line in linear.splitlines() if not line.startswith('downstream_head')]
    rows = [line.split('\t') for line in [*body, *dense.splitlines()] if '\t' in line]
    return {name: tuple(map(int, re.findall(r'\d+', shape))) for name, shape, _ in rows}
